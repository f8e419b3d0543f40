-- The events at some positions.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload
from event e where e.log = $1 and e.position = any($2::bigint[])
order by e.position
