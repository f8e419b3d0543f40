-- Returns that name no order, by platform and verdict; those taken back do not count.
select platform, currency, state, coalesce(code, ''), candidates is not null, count(*), sum(units)::bigint, sum(amount)::bigint
from returned
where log = $1 and state <> 'withdrawn'
group by 1, 2, 3, 4, 5
order by 1, 2, 3, 4, 5
