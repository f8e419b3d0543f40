-- Timers of live books whose time has come, by due then id. A sandbox's timers fire when its clock is moved.
select l.book, t.slice, t.stream, t.timer, t.due
from timer t
join log l on l.log = t.log
where t.due <= clock_timestamp() and not l.sandbox and l.successor is null
order by t.due, t.timer
limit $1
