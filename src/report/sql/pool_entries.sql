-- Entries of the pool by their ids, shown or not.
select entry, source, owner, title, category, currency, price, rate, commission, margin, sales, refund_rate, score,
       min_order, ships_within, dropship, sample, stock, listed, shop
from pool_entry
where log = $1 and entry = any($2::uuid[])
