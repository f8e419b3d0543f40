-- Facts of one line that waited when they were told, with the event that keeps each.
select e.position, e.kind, e.schema, e.payload
from event e
where e.log = $1 and e.stream = $2 and strpos(e.payload, '"state":"waiting"') > 0
  and not exists (select from parked_resolution r where r.log = $1 and r.parked = e.position)
order by e.position
limit $3
