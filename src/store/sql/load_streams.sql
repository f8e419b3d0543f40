-- Events of the streams asked for ($2) and of the parties asked for ($3) with every party above them by contract.
-- UNION, not UNION ALL: a cycle of contracts ends when it brings no new party.
with recursive above (party) as (
    select unnest($3::uuid[])
    union
    select m.upper from above
    cross join lateral (select upper from membership where log = $1 and member = above.party offset 0) as m
), wanted (stream) as (
    select unnest($2::uuid[])
    union
    select party from above
)
select e.position, e.id, e.slice, e.stream, e.version, e.kind, e.schema, e.occurred_at, e.recorded_at, e.causation,
       e.payload
from wanted
-- OFFSET 0 keeps the look-up a look-up: one index range for each stream, whatever the planner thinks of array sizes.
cross join lateral (select * from event where log = $1 and stream = wanted.stream order by version offset 0) as e
order by e.stream, e.version
