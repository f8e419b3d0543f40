-- The approvals that caused some events, each with its own events. What an approval causes is recorded with it, so it is
-- looked for among the positions just before.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload,
       caused.position
from event caused
join event approved on approved.log = $1 and approved.position < caused.position
    and approved.position >= caused.position - 1000 and approved.id = caused.causation
join event e on e.log = $1 and e.stream = approved.stream and e.position <= approved.position
where caused.log = $1 and caused.position = any($2::bigint[])
order by caused.position, e.version
