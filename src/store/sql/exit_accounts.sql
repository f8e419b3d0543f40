-- Of one party: each account in each currency at the start of a month and at a position of it, whether the month moved it,
-- and the month since which it has been negative without a break; as of the position, for the month is open.
with months as (
    select currency, account, period, sum(amount) as net,
           sum(sum(amount)) over (partition by currency, account order by period) as stands
    from leg
    where log = $1 and owner = $4 and layer = 1 and position <= $2 and period <= $3
    group by currency, account, period
),
marked as (
    select *, max(period) filter (where stands >= 0) over (partition by currency, account) as fine
    from months
)
select $4::uuid, currency, account,
       coalesce(sum(net) filter (where period < $3), 0)::bigint,
       sum(net)::bigint,
       bool_or(period = $3),
       min(period) filter (where period > coalesce(fine, 0))
from marked
group by currency, account
order by currency, account
