insert into purchase_line (log, purchase, nth, name, product, offer, sku, order_line, quantity, goods, refunded, sold, back,
                           margin, shipped, received, rejected, refunded_units, back_units, position)
select $1, p.*
from unnest($2::uuid[], $3::integer[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::uuid[], $9::bigint[],
            $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[],
            $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[]) as p
on conflict (log, purchase, nth) do update
set refunded = excluded.refunded, sold = excluded.sold, back = excluded.back, margin = excluded.margin,
    shipped = excluded.shipped, received = excluded.received, rejected = excluded.rejected,
    refunded_units = excluded.refunded_units, back_units = excluded.back_units, position = excluded.position
