-- Imports and reversals that nobody works on.
select i.book, i.import, i.state
from import i
left join job j on j.book = i.book and j.id = i.job
where i.state in ('committing', 'reversing')
  and (j.lease_until is null or j.lease_until < clock_timestamp())
order by i.changed_at
limit 10
