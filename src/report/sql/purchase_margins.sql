-- What dropship orders left by product (the product it is sold as, else the offer, else its name), after a key ($5); of one
-- taker of the margin ($2) when given, of orders since $3 and before $4 when given.
select g.key, g.name, g.currency, g.units, g.sold, g.back, g.goods, g.refunded, g.margin
from (
    select coalesce('itm_' || replace(l.product::text, '-', ''), 'off_' || replace(l.offer::text, '-', ''), l.name)
               || ' ' || p.currency collate "C" as key,
           max(l.name) as name, p.currency, sum(l.quantity)::bigint as units, sum(l.sold)::bigint as sold,
           sum(l.back)::bigint as back, sum(l.goods)::bigint as goods, sum(l.refunded)::bigint as refunded,
           sum(l.margin)::bigint as margin
    from purchase p
    join purchase_line l on l.log = p.log and l.purchase = p.purchase
    where p.log = $1 and p.kind = 'dropship' and ($2::uuid is null or p.buyer = $2)
      and ($3::timestamptz is null or p.ordered_at >= $3) and ($4::timestamptz is null or p.ordered_at < $4)
    group by 1, p.currency
) g
where g.key > $5 collate "C"
order by g.key
limit $6
