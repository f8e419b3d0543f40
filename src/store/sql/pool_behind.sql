-- Money logs in which rules or a formula were told since the pool was rated last, or with an entry whose figures are due by
-- the log's own clock.
select l.book, l.log, coalesce(c.position, 0) as after, greatest(r.position, f.position, 0) as up_to,
       case when l.sandbox then l.recorded_at else greatest(l.recorded_at, clock_timestamp()) end as now
from log l
left join cursor c on c.name = 'pool' and c.log = l.log
left join lateral (
    select position from rule where log = l.log order by position desc limit 1
) r on true
left join lateral (
    select position from event where log = l.log and stream = l.book and kind = 'formula.set' order by version desc limit 1
) f on true
left join lateral (
    select due from pool_entry where log = l.log and due is not null order by due limit 1
) d on true
where l.shard = 0 and l.successor is null
  and (greatest(r.position, f.position, 0) > coalesce(c.position, 0)
       or d.due <= case when l.sandbox then l.recorded_at else greatest(l.recorded_at, clock_timestamp()) end)
order by l.log
