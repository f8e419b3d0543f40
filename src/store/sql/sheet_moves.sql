-- What a month moved for these parties, up to a position: by account and part of the sheet; and, for each party and
-- currency, how many movements there were and the hash of their list.
-- A leg of a line that goes against the sign of earning (for a brand: of owing) is a claw-back.
with moved as materialized (
    select l.owner, l.currency, l.account, l.position, l.amount,
           case
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
           end as part
    from leg l
    join event e on e.log = $1 and e.position = l.position
    where l.log = $1 and l.layer = 1 and l.period = $3 and l.owner = any($4) and l.position <= $2
)
select owner, currency, account, part, sum(amount)::bigint, count(*), null::text
from moved
group by owner, currency, account, part
union all
select owner, currency, null, null, null, count(*),
       encode(sha256(convert_to(string_agg(position || ' ' || account || ' ' || amount || e'\n', ''
                                           order by position, account), 'UTF8')), 'hex')
from moved
group by owner, currency
