-- Events of a log after a position, up to one that is known to be written.
select position, id, slice, stream, version, kind, schema, occurred_at, recorded_at, actor, key, causation,
       correlation, payload, leaf
from event
where log = $1 and position > $2 and position <= $3
order by position
limit $4
