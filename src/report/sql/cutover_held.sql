-- What was posted against the cut-over account, up to a position: the other legs of those entries by owner's kind and
-- account, and the account itself (owner tag 0, account 10).
select get_byte(uuid_send(l.owner), 0), l.account, l.currency, sum(l.amount)::bigint
from leg c
join leg l on l.log = c.log and l.position = c.position and l.currency = c.currency
where c.log = $1 and c.owner = '00000000-0000-0000-0000-000000000000' and c.account = 10 and c.layer = 1
  and c.position <= $2
group by 1, 2, 3
order by 3, 1, 2
