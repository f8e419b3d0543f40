-- Parked facts after a position; with one code ($4), of one line ($5), when given. A return that names no order is listed
-- while its verdict stands, with the lines it may belong to.
select p.position, p.line, l.line_no, p.kind, p.state, p.code, coalesce(p.amount, r.amount),
       coalesce(p.currency, r.currency), p.at, r.document, r.row_no, r.units, r.candidates
from parked p
left join line l on l.log = $1 and l.line = p.line
left join returned r on r.log = $1 and r.position = p.position and r.state = 'parked'
where p.log = $1 and p.position > $2 and ($4::text is null or p.code = $4) and ($5::uuid is null or p.line = $5)
  and (p.kind not like 'return.%' or r.told is not null)
order by p.position
limit $3
