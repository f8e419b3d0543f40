-- Clicks in the click logs of the book whose money log is given.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload
from log own
join log clicks on clicks.book = own.book and clicks.shard > 0
join click c on c.log = clicks.log and c.click = any($2::uuid[])
join event e on e.log = clicks.log and e.position = c.position
where own.log = $1
