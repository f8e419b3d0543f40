-- Every event of lines ordered in a stretch of time ($3, $4), up to a position and after a line ($6), each line's together,
-- oldest first; of a party ($5) only lines it has to do with.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload
from line l
join event e on e.log = $1 and e.stream = l.line and e.slice = 7
where l.log = $1 and l.line > $6 and l.at >= $3 and l.at < $4 and e.position <= $2
  and ($5::uuid is null
       or exists (select 1 from line_party own
                  where own.log = $1 and own.party = $5 and own.at = l.at and own.line = l.line))
order by l.line, e.version
