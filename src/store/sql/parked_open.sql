-- Open parked facts with the event that keeps each: those named ($2), or the first $5 with a code or of a line. A return
-- that names no order is open while its verdict stands.
select p.position, e.kind, e.schema, e.payload
from parked p
join event e on e.log = $1 and e.position = p.position
left join line l on l.log = $1 and l.line = p.line
where p.log = $1 and ($2::bigint[] is null or p.position = any($2))
  and ($3::text is null or p.code = $3) and ($4::uuid is null or p.line = $4)
  and (p.code <> 'before_cut_over' or l.waits = 'before_cut_over')
  and (p.kind not like 'return.%' or exists (
      select from returned t where t.log = $1 and t.position = p.position and t.state = 'parked'))
  and not exists (select from parked_resolution r where r.log = $1 and r.parked = p.position)
order by p.position
limit $5
