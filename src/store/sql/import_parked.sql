-- Parked facts of an import's own that nobody dealt with: they were taken back with it.
select p.position from parked p
join event e on e.log = $2 and e.position = p.position and e.correlation = $4
where p.log = $2 and p.position > $5
  and exists (select from import_fact f where f.book = $1 and f.import = $3 and f.line = e.stream and f.position = p.position)
  and not exists (select from parked_resolution r where r.log = $2 and r.parked = p.position)
order by p.position
limit 1000
