-- Watches over entries that changed after $2 and up to $3, where something that is watched is not as it was seen; by watch,
-- after $4.
select w.watch
from pool_entry p
join watch w on w.log = p.log and w.entry = p.entry
where p.log = $1 and p.position > $2 and p.position <= $3 and w.active and w.watch > $4
  and (p.listed <> w.listed
       or w.of_price and (p.price <> w.price or p.currency <> w.currency)
       or w.of_stock and p.stock is distinct from w.stock
       or w.of_rate and p.rate <> w.rate)
order by w.watch
limit $5
