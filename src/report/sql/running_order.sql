-- The submissions in an anchor's running order between two instants, of one show when given, each with all its events.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload
from (
    select s.submission, s.place
    from submission s
    where s.log = $1 and s.anchor = $2 and s.status = 'placed' and s.show_at >= $3 and s.show_at < $4
      and ($5::text is null or s.show = $5)
    order by s.place, s.submission
    limit 1000
) page
join event e on e.log = $1 and e.stream = page.submission
order by page.place, page.submission, e.version
