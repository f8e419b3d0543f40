-- The last position recorded by an instant: recorded_at never falls along positions, so halving finds it in a few
-- look-ups by key.
with recursive search (low, high) as (
    select 0::bigint, position from log where log = $1
    union all
    select case when e.recorded_at <= $2 then m.middle else s.low end,
           case when e.recorded_at <= $2 then s.high else m.middle - 1 end
    from search s
    cross join lateral (select (s.low + s.high + 1) / 2 as middle) m
    join event e on e.log = $1 and e.position = m.middle
    where s.low < s.high
)
select low from search where low >= high
