-- Clicks by source, of the click logs of the book whose money log is given (slice 11).
select e.payload::json ->> 'source', count(*)
from log own
join log clicks on clicks.book = own.book and clicks.shard > 0 and clicks.successor is null
join event e on e.log = clicks.log and e.slice = 11
where own.log = $1
group by 1
order by 1
