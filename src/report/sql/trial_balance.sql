-- Debits and credits per currency, layer, kind of owner and account: totals less the legs after the position, in one
-- statement and so one snapshot.
with moved as (
    select owner, account, layer, currency, debits::numeric as debits, credits::numeric as credits
    from total where log = $1
    union all
    select owner, account, layer, currency, least(amount, 0)::numeric, -greatest(amount, 0)::numeric
    from leg where log = $1 and position > $2
)
select currency, layer, get_byte(uuid_send(owner), 0), account, sum(debits)::bigint, sum(credits)::bigint
from moved
group by currency, layer, get_byte(uuid_send(owner), 0), account
order by currency, layer, get_byte(uuid_send(owner), 0), account
