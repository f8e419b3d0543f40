-- What outside numbers stand for: order numbers (1), line numbers (2), and case numbers of refunds and freezes (3), each
-- found by an index of its own; of a party ($3) only lines it has to do with.
select distinct asked.n, found.as_what, l.at, l.line, l.platform, l.order_no, l.line_no, l.status, l.promoter
from unnest($2::text[]) with ordinality asked (number, n)
cross join lateral (
    select 1::smallint as as_what, o.line from line o where o.log = $1 and o.order_no = asked.number
    union all
    select 2::smallint, s.line from line s where s.log = $1 and s.line_no = asked.number
    union all
    select 3::smallint, e.stream from event e
    where e.log = $1 and substring(e.payload from '"case":"([^"]+)"') = asked.number
      and e.kind in ('refund_case.opened', 'refund_case.won', 'refund_case.lost', 'refund_case.deducted',
                     'line.frozen', 'line.unfrozen', 'line.forfeited')
) found
join line l on l.log = $1 and l.line = found.line
where $3::uuid is null
   or exists (select 1 from line_party own where own.log = $1 and own.party = $3 and own.at = l.at and own.line = l.line)
order by asked.n, found.as_what, l.at, l.line
limit $4
