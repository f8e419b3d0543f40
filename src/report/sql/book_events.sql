-- The book's own stream up to a position: it is the stream whose first event is the log's first.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload
from event e
where e.log = $1 and e.position <= $2
  and e.stream = (select first.stream from event first where first.log = $1 and first.position = 1)
order by e.version
