-- Of the next parties: each account in each currency at the start and at the end of a month, whether the month moved it,
-- and the month since which it has been negative without a break. Totals by period stamps; running balances are never read.
with page as (
    select owner from total
    where log = $1 and layer = 1 and owner > $3 and period <= $2
    group by owner
    order by owner
    limit $4
),
months as (
    select t.owner, t.currency, t.account, t.period, t.credits::numeric - t.debits as net,
           sum(t.credits::numeric - t.debits) over (partition by t.owner, t.currency, t.account order by t.period) as stands
    from page
    join total t on t.log = $1 and t.owner = page.owner
    where t.layer = 1 and t.period <= $2
),
marked as (
    select *, max(period) filter (where stands >= 0) over (partition by owner, currency, account) as fine
    from months
)
select owner, currency, account,
       coalesce(sum(net) filter (where period < $2), 0)::bigint,
       sum(net)::bigint,
       bool_or(period = $2),
       min(period) filter (where period > coalesce(fine, 0))
from marked
group by owner, currency, account
order by owner, currency, account
