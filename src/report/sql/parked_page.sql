-- Parked facts after a position, open ones, resolved ones or all ($6); with one code ($4), of one line ($5), when given.
-- What was parked because its line belongs to the books before is released once the line is brought over. A return that
-- names no order is listed while its verdict stands, with the lines it may belong to.
select p.position, p.line, l.line_no, p.kind, p.state, p.code, coalesce(p.amount, t.amount),
    coalesce(p.currency, t.currency), p.at, r.how, r.reason, r.position, r.at, t.document, t.row_no, t.units, t.candidates
from parked p
left join line l on l.log = $1 and l.line = p.line
left join returned t on t.log = $1 and t.position = p.position and t.state = 'parked'
left join lateral (
    select r.how, r.reason, r.position, r.at from parked_resolution r
    where r.log = $1 and r.parked = p.position
    order by r.position limit 1) r on true
where ($6 = 'all' or (r.position is null) = ($6 = 'open')) and p.log = $1 and p.position > $2
  and ($4::text is null or p.code = $4) and ($5::uuid is null or p.line = $5)
  and (p.code <> 'before_cut_over' or l.waits = 'before_cut_over')
  and (p.kind not like 'return.%' or t.told is not null)
order by p.position
limit $3
