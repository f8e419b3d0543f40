-- Of lines by id: the first other month that has settled legs of each, if one does. Unknown lines are absent.
select ln.line, (
    select min(l.period) from event e
    join leg l on l.log = e.log and l.position = e.position
    where e.log = $1 and e.slice = 7 and e.stream = ln.line and l.layer = 1 and l.period <> $3
)
from line ln
where ln.log = $1 and ln.line = any($2)
