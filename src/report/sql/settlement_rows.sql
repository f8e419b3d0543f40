-- Per owner and currency: the sum before a month, and what the month moved, by parts of a settlement sheet as its figures
-- are taken. Up to a position.
select s.owner, coalesce(p.name, s.owner::text), s.currency,
       s.opening::bigint, s.settled::bigint, s.clawbacks::bigint, s.shares::bigint, s.services::bigint,
       s.penalties::bigint, s.freezes::bigint, s.reserves::bigint, s.adjustments::bigint, s.payments::bigint,
       s.write_offs::bigint
from (
    select l.owner, l.currency,
           coalesce(sum(l.amount) filter (where e.part = 'opening'), 0) as opening,
           coalesce(sum(l.amount) filter (where e.part = 'settled'), 0) as settled,
           coalesce(sum(l.amount) filter (where e.part = 'clawbacks'), 0) as clawbacks,
           coalesce(sum(l.amount) filter (where e.part in ('true_ups', 'guarantees')), 0) as shares,
           coalesce(sum(l.amount) filter (where e.part in ('contracts', 'sourcing')), 0) as services,
           coalesce(sum(l.amount) filter (where e.part in ('penalties', 'charges')), 0) as penalties,
           coalesce(sum(l.amount) filter (where e.part = 'freezes'), 0) as freezes,
           coalesce(sum(l.amount) filter (where e.part in ('reserve_held', 'reserve_released')), 0) as reserves,
           coalesce(sum(l.amount) filter (where e.part = 'adjustments'), 0) as adjustments,
           coalesce(sum(l.amount) filter (where e.part in ('payments', 'receipts')), 0) as payments,
           coalesce(sum(l.amount) filter (where e.part = 'write_offs'), 0) as write_offs
    from leg l
    cross join lateral (
        select case
                   when l.period < $4 then 'opening'
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
        from event e where e.log = $1 and e.position = l.position
    ) e
    where l.log = $1 and l.owner >= $5 and l.owner <= $6 and l.account = $3 and l.layer = 1
      and l.period <= $4 and l.position <= $2
    group by l.owner, l.currency
) s
left join party p on p.log = $1 and p.party = s.owner
order by 2, s.currency
