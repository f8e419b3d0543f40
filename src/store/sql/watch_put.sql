insert into watch (log, watch, party, entry, of_price, of_stock, of_rate, currency, price, stock, rate, listed, active, position)
select $1, w.*
from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::boolean[], $6::boolean[], $7::boolean[], $8::text[], $9::bigint[],
            $10::bigint[], $11::integer[], $12::boolean[], $13::boolean[], $14::bigint[]) as w
on conflict (log, watch) do update
set of_price = excluded.of_price, of_stock = excluded.of_stock, of_rate = excluded.of_rate, currency = excluded.currency,
    price = excluded.price, stock = excluded.stock, rate = excluded.rate, listed = excluded.listed,
    active = excluded.active, position = excluded.position
