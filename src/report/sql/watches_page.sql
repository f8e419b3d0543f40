-- Active watches after an id, of a party or of the book itself ($4), each with all its events.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload
from (
    select watch from watch
    where log = $1 and watch > $2 and party is not distinct from $4::uuid and active
    order by watch
    limit $3
) page
join event e on e.log = $1 and e.stream = page.watch
order by page.watch, e.version
