-- The legs of one account in one layer and currency, recorded after a position ($6) and up to another ($7), in groups.
-- With a month ($8): only what was stamped up to it; months before it are its opening ('0'). Of the cell $9 only.
-- Cells are those of the settlement summary: a leg against the sign of earning (for a brand: of owing) is a claw-back.
select g.key, count(*), sum(g.amount)::bigint
from (
    select case $10::text
               when 'day' then to_char(l.at at time zone $11::text, 'YYYY-MM-DD')
               when 'month' then coalesce(l.period::text, '')
               when 'rule' then coalesce(p.rule::text, '')
               else cell.code
           end collate "C" as key,
           l.amount
    from leg l
    join event e on e.log = $1 and e.position = l.position
    left join pin p on p.log = $1 and p.position = l.pin
    cross join lateral (
        select case
                   when l.period < $8 then '0'
                   when e.kind in ('line.frozen', 'line.unfrozen', 'line.forfeited') then '3'
                   when e.kind in ('adjustment.posted', 'cutover.opened', 'cutover.reversed') then '4'
                   when (l.amount > 0) = ($3::smallint <> 6) then '1'
                   else '2'
               end as code
    ) cell
    where l.log = $1 and l.owner = $2 and l.account = $3 and l.layer = $4 and l.currency = $5
      and l.position > $6 and l.position <= $7
      and ($8::integer is null or l.period <= $8)
      and ($9::text is null or cell.code = $9)
) g
group by g.key
order by g.key
