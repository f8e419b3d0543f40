-- Parked facts after a position; with one code ($4), of one line ($5), when given. What was parked because its line
-- belongs to the books before is released once the line is brought over.
select p.position, p.line, l.line_no, p.kind, p.state, p.code, p.amount, p.currency, p.at
from parked p
left join line l on l.log = $1 and l.line = p.line
where p.log = $1 and p.position > $2 and ($4::text is null or p.code = $4) and ($5::uuid is null or p.line = $5)
  and (p.code <> 'before_cut_over' or l.waits = 'before_cut_over')
order by p.position
limit $3
