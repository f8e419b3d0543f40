-- Accounts after a key: totals less the legs after the position, in one statement and so one snapshot.
select t.owner, t.account, t.layer, t.currency,
       (t.debits - coalesce(later.debits, 0))::bigint, (t.credits - coalesce(later.credits, 0))::bigint
from (
    select owner, account, layer, currency, sum(debits) as debits, sum(credits) as credits from total
    where log = $1 and (owner, account, layer, currency) > ($3, $4, $5, $6)
    group by owner, account, layer, currency
    order by owner, account, layer, currency
    limit $7
) t
left join lateral (
    select sum(-l.amount) filter (where l.amount < 0) as debits, sum(l.amount) filter (where l.amount > 0) as credits
    from leg l
    where l.log = $1 and l.owner = t.owner and l.account = t.account and l.layer = t.layer and l.currency = t.currency
      and l.position > $2
) later on true
order by t.owner, t.account, t.layer, t.currency
