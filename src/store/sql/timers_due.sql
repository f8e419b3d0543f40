-- Timers whose time has come, by due then id. A live book lives by the database's time; a sandbox by that of its last
-- event, which its clock was moved to.
(
    select l.book, t.slice, t.stream, t.timer, t.due
    from timer t
    join log l on l.log = t.log
    where t.due <= clock_timestamp() and not l.sandbox and l.successor is null
    order by t.due, t.timer
    limit $1
)
union all
(
    select l.book, t.slice, t.stream, t.timer, t.due
    from log l
    cross join lateral (
        select slice, stream, timer, due
        from timer
        where log = l.log and due <= l.recorded_at
        order by due, timer
        limit $1
    ) t
    where l.sandbox and l.shard = 0 and l.successor is null
)
order by 5, 4
limit $1
