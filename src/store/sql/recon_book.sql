-- The book's own events (slice 1), which are few.
select e.kind, e.schema, e.payload from event e
where e.log = $1 and e.slice = 1 and e.position <= $2
order by e.version
