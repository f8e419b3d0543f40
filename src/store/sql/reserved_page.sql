-- The next anchors, agencies and promoters that a month moved or that have something set aside, and what their lines and
-- true-ups came to in it.
with page as (
    select owner, currency
    from total
    where log = $1 and layer = 1 and account in (1, 4) and period <= $2 and (owner, currency) > ($3, $4)
      and get_byte(uuid_send(owner), 0) in (161, 162, 165)
    group by owner, currency
    having bool_or(account = 1 and period = $2)
        or coalesce(sum(credits::numeric - debits) filter (where account = 4), 0) <> 0
    order by owner, currency
    limit $5
)
select p.owner, p.currency, coalesce(earned.amount, 0)::bigint
from page p
left join lateral (
    select sum(l.amount) as amount
    from leg l
    where l.log = $1 and l.layer = 1 and l.period = $2 and l.owner = p.owner and l.currency = p.currency and l.account = 1
      and l.part in (1, 2, 3)
) earned on true
order by p.owner, p.currency
