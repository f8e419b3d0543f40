-- Lines of the book for the line ledger, oldest order first, each with all its events.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload, page.at
from (
    select l.at, l.line from line l
    where l.log = $1 and (l.at, l.line) > ($2, $3) and l.at >= $4 and l.at < $5
      and ($7::text is null or l.platform = $7)
      and ($8::uuid is null or l.shop = $8)
      and ($9::smallint is null or l.status = $9)
    order by l.at, l.line
    limit $6
) page
join event e on e.log = $1 and e.stream = page.line
order by page.at, page.line, e.version
