-- Offers after an id with the names of their suppliers; of one viewer ($4), and as filters say, when given: supplier, status,
-- source, dropship, most minimum order, prices in a currency that meet [from, to], most hours to dispatch, a note.
select o.offer, o.source, o.product_no, o.supplier, p.name, o.subject, o.other_subject, o.category, o.place, o.status,
       o.version, o.currency, o.low, o.high, o.unit, o.min_order, o.mixed, o.dropship, o.seller_pays, o.ships_within_h,
       o.sold, o.sold_days, o.orders, o.score, o.repurchase_ppm, o.notes
from offer o
left join party p on p.log = $1 and p.party = o.supplier
where o.log = $1 and o.offer > $2
  and ($4::uuid is null or o.supplier = $4)
  and ($5::uuid is null or o.supplier = $5)
  and ($6::text is null or o.status = $6)
  and ($7::text is null or o.source = $7)
  and ($8::boolean is null or o.dropship = $8)
  and ($9::int is null or o.min_order <= $9)
  and ($10::text is null or o.currency = $10)
  and ($11::bigint is null or o.high >= $11)
  and ($12::bigint is null or o.low <= $12)
  and ($13::smallint is null or o.ships_within_h <= $13)
  and ($14::text is null or $14 = any(string_to_array(o.notes, ' ')))
  and ($15::uuid is null or o.offer = $15)
order by o.offer
limit $3
