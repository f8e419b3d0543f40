-- Clicks in the click logs of the book whose money log is given. `offset 0` keeps each log's clicks looked up by their ids.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload
from (
    select clicks.log from log own
    join log clicks on clicks.book = own.book and clicks.shard > 0
    where own.log = $1
) book
cross join lateral (
    select c.position from click c where c.log = book.log and c.click = any($2::uuid[])
    offset 0
) found
join event e on e.log = book.log and e.position = found.position
