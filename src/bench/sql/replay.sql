select position, id, slice, stream, version, kind, schema, occurred_at, recorded_at, causation, payload
from event
where log = $1
order by position
