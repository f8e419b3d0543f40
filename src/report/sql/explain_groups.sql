-- The legs of one account in one layer and currency, recorded after a position ($6) and up to another ($7), in groups.
-- With a month ($8): only what was stamped up to it; months before it are its opening ('0'). Of the cell or part $9 only.
-- Parts are those of a settlement sheet, word for word as its figures are taken; cells are those of the settlement summary.
select g.key, count(*), sum(g.amount)::bigint
from (
    select case $10::text
               when 'day' then to_char(l.at at time zone $11::text, 'YYYY-MM-DD')
               when 'month' then coalesce(l.period::text, '')
               when 'rule' then coalesce(p.rule::text, '')
               when 'part' then part.word
               else cell.code
           end collate "C" as key,
           l.amount
    from leg l
    join event e on e.log = $1 and e.position = l.position
    left join pin p on p.log = $1 and p.position = l.pin
    cross join lateral (
        select case
                   when l.period < $8 then 'opening'
                   when e.kind in ('line.frozen', 'line.unfrozen', 'freeze.placed', 'freeze.lifted') then 'freezes'
                   when e.kind in ('line.forfeited', 'freeze.forfeited') then 'penalties'
                   when e.kind = 'membership.trued_up' then 'true_ups'
                   when e.kind = 'guarantee.settled' then 'guarantees'
                   when e.kind = 'reserve.held' then 'reserve_held'
                   when e.kind = 'reserve.released' then 'reserve_released'
                   when e.kind like 'payment.%' then 'payments'
                   when e.kind like 'receipt.%' then 'receipts'
                   when e.kind like 'contract.%' then 'contracts'
                   when e.kind = 'adjustment.posted' then
                       case substring(e.payload from '"purpose":"([a-z_]+)"')
                           when 'contract' then 'contracts'
                           when 'sourcing' then 'sourcing'
                           when 'penalty' then 'penalties'
                           when 'charge' then 'charges'
                           when 'payment' then 'payments'
                           when 'receipt' then 'receipts'
                           when 'write_off' then 'write_offs'
                           else 'adjustments'
                       end
                   when l.line is null then 'adjustments'
                   when (l.amount > 0) = (l.account <> 6) then 'settled'
                   else 'clawbacks'
               end as word
    ) part
    cross join lateral (
        select case part.word
                   when 'opening' then '0'
                   when 'settled' then '1'
                   when 'clawbacks' then '2'
                   when 'true_ups' then '3'
                   when 'guarantees' then '3'
                   when 'contracts' then '4'
                   when 'sourcing' then '4'
                   when 'penalties' then '5'
                   when 'charges' then '5'
                   when 'freezes' then '6'
                   when 'reserve_held' then '7'
                   when 'reserve_released' then '7'
                   when 'payments' then '9'
                   when 'receipts' then '9'
                   when 'write_offs' then 'a'
                   else '8'
               end as code
    ) cell
    where l.log = $1 and l.owner = $2 and l.account = $3 and l.layer = $4 and l.currency = $5
      and l.position > $6 and l.position <= $7
      and ($8::integer is null or l.period <= $8)
      and ($9::text is null or $9 in (cell.code, part.word))
) g
group by g.key
order by g.key
