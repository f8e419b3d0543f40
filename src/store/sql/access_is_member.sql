-- Whether a party has a contract with an upper in force: by the book's clock in a sandbox, else by the database's.
-- An upper whose contract ended sees its own accounts still, but not what its former member earns since.
-- A sandbox's clock is where it was last moved to, or the time of its last event; the book's own stream is short.
select exists (
    select 1
    from membership m
    join log l on l.log = m.log
    cross join lateral (
        select case when l.sandbox then greatest(l.recorded_at, (
            select (e.payload::json ->> 'to')::timestamptz
            from event e
            where e.log = l.log and e.stream = l.book and e.kind = 'book.clock_moved'
            order by e.version desc
            limit 1
        )) else clock_timestamp() end as now
    ) clock
    where m.log = $1 and m.upper = $2 and m.member = $3 and m.from_at <= clock.now
      and (m.to_at is null or m.to_at > clock.now)
)
