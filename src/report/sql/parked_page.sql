-- Parked facts after a position, open ones, resolved ones or all ($6); with one code ($4), of one line ($5), when given.
-- What was parked because its line belongs to the books before is released once the line is brought over.
select p.position, p.line, l.line_no, p.kind, p.state, p.code, p.amount, p.currency, p.at,
    r.how, r.reason, r.position, r.at
from parked p
left join line l on l.log = $1 and l.line = p.line
left join lateral (
    select r.how, r.reason, r.position, r.at from parked_resolution r
    where r.log = $1 and r.parked = p.position
    order by r.position limit 1) r on true
where ($6 = 'all' or (r.position is null) = ($6 = 'open')) and p.log = $1 and p.position > $2
  and ($4::text is null or p.code = $4) and ($5::uuid is null or p.line = $5)
  and (p.code <> 'before_cut_over' or l.waits = 'before_cut_over')
order by p.position
limit $3
