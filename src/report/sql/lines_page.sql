-- Lines of the book, newest first, each with all its events.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload, page.at
from (
    select at, line from line
    where log = $1 and (at, line) < ($2, $3) and at >= $4 and at < $5
    order by at desc, line desc
    limit $6
) page
join event e on e.log = $1 and e.stream = page.line
order by page.at desc, page.line desc, e.version
