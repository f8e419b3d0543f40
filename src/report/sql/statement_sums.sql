-- Opening, credits and debits of a settled account by period stamps: totals less the legs after the position, in one
-- statement and so one snapshot. Running balances are never read.
with moved as (
    select currency, period, debits::numeric as debits, credits::numeric as credits
    from total where log = $1 and owner = $3 and account = $4 and layer = 1 and period <= $5
    union all
    select l.currency, l.period, least(l.amount, 0)::numeric, -greatest(l.amount, 0)::numeric
    from (select distinct currency from total where log = $1 and owner = $3 and account = $4 and layer = 1) t
    join leg l on l.log = $1 and l.owner = $3 and l.account = $4 and l.layer = 1 and l.currency = t.currency
              and l.position > $2 and l.period <= $5
)
select currency,
       coalesce(sum(credits - debits) filter (where period < $5), 0)::bigint,
       coalesce(sum(credits) filter (where period = $5), 0)::bigint,
       coalesce(sum(debits) filter (where period = $5), 0)::bigint
from moved
group by currency
order by currency
