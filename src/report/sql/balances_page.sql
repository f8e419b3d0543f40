-- Balances of all accounts after a key, after a position. An account that had no leg yet comes with a null.
select t.owner, t.account, t.layer, t.currency, last.balance
from (
    select distinct owner, account, layer, currency from total
    where log = $1 and (owner, account, layer, currency) > ($3, $4, $5, $6)
    order by owner, account, layer, currency
    limit $7
) t
left join lateral (
    select l.balance from leg l
    where l.log = $1 and l.owner = t.owner and l.account = t.account and l.layer = t.layer and l.currency = t.currency
      and l.position <= $2
    order by l.position desc
    limit 1
) last on true
order by t.owner, t.account, t.layer, t.currency
