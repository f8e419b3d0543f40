-- Per owner and currency: the sum before a month, and what the month moved by the kind of event. Up to a position.
-- A leg that goes against the sign of earning (for a brand: of owing) and is no freeze or adjustment is a claw-back.
select s.owner, coalesce(p.name, s.owner::text), s.currency,
       s.opening::bigint, s.settled::bigint, s.clawbacks::bigint, s.freezes::bigint, s.adjustments::bigint
from (
    select l.owner, l.currency,
           coalesce(sum(l.amount) filter (where l.period < $4), 0) as opening,
           coalesce(sum(l.amount) filter (where l.period = $4 and e.what = 'line' and (l.amount > 0) = ($3::smallint <> 6)), 0)
               as settled,
           coalesce(sum(l.amount) filter (where l.period = $4 and e.what = 'line' and (l.amount > 0) <> ($3::smallint <> 6)), 0)
               as clawbacks,
           coalesce(sum(l.amount) filter (where l.period = $4 and e.what = 'freeze'), 0) as freezes,
           coalesce(sum(l.amount) filter (where l.period = $4 and e.what = 'adjustment'), 0) as adjustments
    from leg l
    join lateral (
        select case
                   when kind in ('line.frozen', 'line.unfrozen', 'line.forfeited') then 'freeze'
                   when kind in ('adjustment.posted', 'cutover.opened', 'cutover.reversed') then 'adjustment'
                   else 'line'
               end as what
        from event where log = $1 and position = l.position
    ) e on true
    where l.log = $1 and l.owner >= $5 and l.owner <= $6 and l.account = $3 and l.layer = 1
      and l.period <= $4 and l.position <= $2
    group by l.owner, l.currency
) s
left join party p on p.log = $1 and p.party = s.owner
order by 2, s.currency
