-- Runs of every book that nobody works on.
select l.book, r.log, r.run
from settlement_run r
join log l on l.log = r.log and l.successor is null
left join job j on j.book = l.book and j.id = r.run
where r.stage in ('closing', 'drafting')
  and (j.lease_until is null or j.lease_until < clock_timestamp())
order by r.log, r.run
limit 10
