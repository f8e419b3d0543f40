-- The last event of each stream: for streams whose events carry the totals after them.
select e.position, e.id, e.slice, e.stream, e.version, e.kind, e.schema, e.occurred_at, e.recorded_at, e.causation,
       e.payload
from unnest($2::uuid[]) as wanted (stream)
cross join lateral (
    select * from event where log = $1 and stream = wanted.stream order by version desc limit 1
) as e
