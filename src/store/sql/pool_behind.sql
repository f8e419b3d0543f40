-- Money logs in which rules or a formula were told since the pool was rated last, or with an entry whose figures are due. A
-- live book lives by the database's time; a sandbox by where its clock was moved to, or the time of its last event.
select l.book, l.log, coalesce(c.position, 0) as after, greatest(r.position, f.position, 0) as up_to, clock.now
from log l
left join cursor c on c.name = 'pool' and c.log = l.log
cross join lateral (
    select case when l.sandbox then greatest(l.recorded_at, (
        select (e.payload::json ->> 'to')::timestamptz
        from event e
        where e.log = l.log and e.stream = l.book and e.kind = 'book.clock_moved'
        order by e.version desc
        limit 1
    )) else greatest(l.recorded_at, clock_timestamp()) end as now
) clock
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
  and (greatest(r.position, f.position, 0) > coalesce(c.position, 0) or d.due <= clock.now)
order by l.log
