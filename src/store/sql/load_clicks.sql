-- $1 are the click logs of the queries; a window is [from, before), the last click wins, then the larger tie bytewise.
select asked.n, e.payload
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[])
     with ordinality as asked (log, buyer, item, shop, from_at, before_at, n)
cross join lateral (
    (select c.position from click c
     where c.log = asked.log and c.buyer = asked.buyer and c.item = asked.item
       and c.at >= asked.from_at and c.at < asked.before_at
     order by c.at desc, c.tie desc limit 1)
    union
    (select c.position from click c
     where c.log = asked.log and c.buyer = asked.buyer and c.shop = asked.shop
       and c.at >= asked.from_at and c.at < asked.before_at
     order by c.at desc, c.tie desc limit 1)
) as won
cross join lateral (
    select payload from event where log = asked.log and position = won.position offset 0
) as e
order by asked.n, won.position
