-- Every event of every line up to a position (slice 7), each line's together, oldest first.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload
from event e
where e.log = $1 and e.slice = 7 and e.position <= $2
order by e.stream, e.version
