-- Lines that a party has to do with for the line ledger, oldest order first, each with all its events. A line that was
-- pinned anew at another instant has an older row as well: only the one at which it stands counts.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload, page.at
from (
    select own.at, own.line from line_party own
    join line l on l.log = $1 and l.line = own.line and l.at = own.at
    where own.log = $1 and own.party = $10 and (own.at, own.line) > ($2, $3) and own.at >= $4 and own.at < $5
      and ($7::text is null or l.platform = $7)
      and ($8::uuid is null or l.shop = $8)
      and ($9::smallint is null or l.status = $9)
    order by own.at, own.line
    limit $6
) page
join event e on e.log = $1 and e.stream = page.line
order by page.at, page.line, e.version
