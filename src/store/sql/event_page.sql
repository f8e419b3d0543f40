select position, id, slice, stream, version, kind, schema, occurred_at, recorded_at, causation, payload, actor, key,
       correlation, leaf
from event
where log = $1 and position > $2
order by position
limit $3
