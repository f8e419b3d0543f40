-- All lines of some outside numbers (of orders, lines, refund and freeze cases), each with all its events; of a party
-- ($3) only those it has to do with. `offset 0` keeps the events of a line looked up by its stream: how many lines the
-- numbers stand for is guessed too high, and a scan of the whole log would seem cheap.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload
from (
    select l.line, l.order_no from (
        select o.line from line o where o.log = $1 and o.order_no = any($2::text[])
        union
        select s.line from line s where s.log = $1 and s.line_no = any($2::text[])
        union
        select c.stream from event c
        where c.log = $1 and substring(c.payload from '"case":"([^"]+)"') = any($2::text[])
          and c.kind in ('refund_case.opened', 'refund_case.won', 'refund_case.lost', 'refund_case.deducted',
                         'line.frozen', 'line.unfrozen', 'line.forfeited')
    ) found
    join line l on l.log = $1 and l.line = found.line
    where $3::uuid is null
       or exists (select 1 from line_party own
                  where own.log = $1 and own.party = $3 and own.at = l.at and own.line = l.line)
) page
cross join lateral (
    select o.stream, o.slice, o.position, o.version, o.id, o.kind, o.schema, o.occurred_at, o.recorded_at, o.payload
    from event o where o.log = $1 and o.stream = page.line
    offset 0
) e
order by page.order_no, page.line, e.version
