-- Lines that a party promoted in a window, of some items ($5; empty: every item), each with all its events up to a position.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload
from (
    select own.line from line_party own
    join line l on l.log = $1 and l.line = own.line and l.at = own.at
    where own.log = $1 and own.party = $2 and own.at >= $3 and own.at < $4
      and l.promoter = $2 and (cardinality($5::uuid[]) = 0 or l.item = any($5))
    order by own.line
    limit $6
) page
join event e on e.log = $1 and e.stream = page.line and e.position <= $7
order by page.line, e.version
