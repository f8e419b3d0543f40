-- Every balance of one owner after a position: the last leg of each account, by index.
select t.owner, t.account, t.layer, t.currency, last.balance
from (select distinct owner, account, layer, currency from total where log = $1 and owner = $3) t
cross join lateral (
    select l.balance from leg l
    where l.log = $1 and l.owner = t.owner and l.account = t.account and l.layer = t.layer and l.currency = t.currency
      and l.position <= $2
    order by l.position desc
    limit 1
) last
order by t.owner, t.account, t.layer, t.currency
