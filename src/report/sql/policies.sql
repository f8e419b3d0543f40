-- Every version of the policies of these streams.
select stream, slice, position, version, id, kind, schema, occurred_at, recorded_at, payload
from event
where log = $1 and stream = any($2)
order by position
