-- The timers of a book that are due first, all of one due time, up to an instant.
select l.book, t.slice, t.stream, t.timer, t.due
from log l
join timer t on t.log = l.log
where l.book = $1 and l.shard = 0 and l.successor is null
  and t.due = (select min(due) from timer where log = l.log and due <= $2)
order by t.timer
limit $3
