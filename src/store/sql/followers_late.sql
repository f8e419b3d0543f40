-- Pinned lines after each of the next clicks that the click could have won: same buyer, same item or shop, inside the
-- longest window a formula may state (180 days). The line's decision settles whether it does.
select c.position, l.line, e.payload
from click c
join event e on e.log = c.log and e.position = c.position
join lateral (
    select line from line
    where log = $1 and buyer = c.buyer and item = c.item and pinned
      and at > c.at and at <= c.at + interval '180 days'
    union
    select line from line
    where log = $1 and buyer = c.buyer and shop = c.shop and pinned
      and at > c.at and at <= c.at + interval '180 days'
) l on true
where c.log = $2 and c.position > $3 and c.position <= $3 + $4
order by c.position, l.line
