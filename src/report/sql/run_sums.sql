-- By currency: how many sheets of a run there are, in which status, and what they come to.
select currency, count(*), sum(payable)::bigint, coalesce(sum(carried) filter (where account = 1), 0)::bigint,
       count(*) filter (where status = 'delivered'), count(*) filter (where status in ('confirmed', 'deemed_confirmed')),
       count(*) filter (where status = 'contested')
from settlement_sheet
where log = $1 and run = $2
group by currency
order by currency
