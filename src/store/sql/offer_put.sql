insert into offer (log, offer, source, product_no, supplier, subject, other_subject, category, place, status, version,
    currency, low, high, unit, min_order, mixed, dropship, seller_pays, ships_within_h, sold, sold_days, orders, score,
    repurchase_ppm, notes, position)
select $1, o.*
from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
            $11::int[], $12::text[], $13::bigint[], $14::bigint[], $15::text[], $16::int[], $17::boolean[],
            $18::boolean[], $19::boolean[], $20::smallint[], $21::bigint[], $22::smallint[], $23::bigint[],
            $24::smallint[], $25::int[], $26::text[], $27::bigint[]) as o
on conflict (log, offer) do update
set supplier = excluded.supplier, subject = excluded.subject, other_subject = excluded.other_subject,
    category = excluded.category, place = excluded.place, status = excluded.status, version = excluded.version,
    currency = excluded.currency, low = excluded.low, high = excluded.high, unit = excluded.unit,
    min_order = excluded.min_order, mixed = excluded.mixed, dropship = excluded.dropship,
    seller_pays = excluded.seller_pays, ships_within_h = excluded.ships_within_h, sold = excluded.sold,
    sold_days = excluded.sold_days, orders = excluded.orders, score = excluded.score,
    repurchase_ppm = excluded.repurchase_ppm, notes = excluded.notes, position = excluded.position
