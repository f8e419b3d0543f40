-- Settled balances after a position, per currency, kind of owner and account: credit and debit balances apart, the book
-- owner's ($3) own apart. Totals less the legs after the position, in one statement and so one snapshot.
with moved as (
    select owner, account, currency, credits::numeric - debits::numeric as amount from total where log = $1 and layer = 1
    union all
    select owner, account, currency, -amount::numeric from leg where log = $1 and position > $2 and layer = 1
),
held as (
    select owner, account, currency, sum(amount) as balance from moved group by owner, account, currency
)
select currency, get_byte(uuid_send(owner), 0), coalesce(owner = $3::uuid, false), account,
       coalesce(sum(balance) filter (where balance > 0), 0)::bigint,
       coalesce(sum(balance) filter (where balance < 0), 0)::bigint
from held
where balance <> 0
group by 1, 2, 3, 4
order by 1, 2, 3, 4
