-- Some streams of a slice ($3), each oldest first.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload
from event e where e.log = $1 and e.stream = any($2) and e.slice = $3 order by e.stream, e.version
