-- All lines of some orders, each with all its events; of a party ($3) only those it has to do with.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload
from (
    select l.line, l.order_no from line l
    where l.log = $1 and l.order_no = any($2::text[])
      and ($3::uuid is null
           or exists (select 1 from line_party own
                      where own.log = $1 and own.party = $3 and own.at = l.at and own.line = l.line))
) page
join event e on e.log = $1 and e.stream = page.line
order by page.order_no, page.line, e.version
