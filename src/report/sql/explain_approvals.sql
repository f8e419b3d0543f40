-- The approvals that caused some events which are of no line, each with its own events. What an approval causes is recorded
-- with it, so it is looked for among the positions just before. `offset 0` keeps it so.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload,
       caused.position
from event caused
cross join lateral (
    select a.stream, a.position from event a
    where a.log = $1 and a.position < caused.position and a.position >= caused.position - 200 and a.id = caused.causation
    offset 0
) approved
join event e on e.log = $1 and e.stream = approved.stream and e.position <= approved.position
where caused.log = $1 and caused.position = any($2::bigint[]) and caused.slice <> 7 and caused.causation is not null
order by caused.position, e.version
