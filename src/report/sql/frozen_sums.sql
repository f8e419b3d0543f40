-- Frozen and set aside, settled, per currency, kind of owner and account; of one owner ($3) when given. Totals less the legs
-- after the position, in one statement and so one snapshot.
with moved as (
    select owner, account, currency, credits::numeric - debits::numeric as amount
    from total where log = $1 and layer = 1 and account in (1, 2, 4) and ($3::uuid is null or owner = $3)
    union all
    select owner, account, currency, -amount::numeric
    from leg where log = $1 and position > $2 and layer = 1 and account in (1, 2, 4) and ($3::uuid is null or owner = $3)
)
select currency, get_byte(uuid_send(owner), 0), account, sum(amount)::bigint
from moved
group by 1, 2, 3
having sum(amount) <> 0
order by 1, 2, 3
