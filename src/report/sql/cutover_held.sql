-- What was brought over, up to a position: legs of openings and their reversals ($3 are the cut-overs), and of any other
-- entry against the cut-over account, by owner's kind and account. The account itself has tag 0 and number 10; an opening
-- that balances by itself has no leg on it.
with entries as (
    select c.position, c.currency from leg c
    where c.log = $1 and c.owner = '00000000-0000-0000-0000-000000000000' and c.account = 10 and c.layer = 1
      and c.position <= $2
    union
    select l.position, l.currency from event e
    join leg l on l.log = e.log and l.position = e.position
    where e.log = $1 and e.slice = 25 and e.stream = any($3) and e.position <= $2
)
select get_byte(uuid_send(l.owner), 0), l.account, l.currency, sum(l.amount)::bigint
from entries o
join leg l on l.log = $1 and l.position = o.position and l.currency = o.currency
group by 1, 2, 3
order by 3, 1, 2
