insert into pool_entry (log, entry, source, owner, shop, title, category, currency, price, rate, commission, margin, sales,
                        refund_rate, score, min_order, ships_within, dropship, sample, stock, price_band, rate_band,
                        tokens, latin, listed, due, position)
select $1, e.*
from unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::bigint[],
            $10::integer[], $11::bigint[], $12::bigint[], $13::bigint[], $14::integer[], $15::integer[], $16::bigint[],
            $17::integer[], $18::boolean[], $19::boolean[], $20::bigint[], $21::smallint[], $22::smallint[], $23::text[],
            $24::text[], $25::boolean[], $26::timestamptz[], $27::bigint[]) as e
on conflict (log, entry) do update
set owner = excluded.owner, shop = excluded.shop, title = excluded.title, category = excluded.category,
    currency = excluded.currency, price = excluded.price, rate = excluded.rate, commission = excluded.commission,
    margin = excluded.margin, sales = excluded.sales, refund_rate = excluded.refund_rate, score = excluded.score,
    min_order = excluded.min_order, ships_within = excluded.ships_within, dropship = excluded.dropship,
    sample = excluded.sample, stock = excluded.stock, price_band = excluded.price_band, rate_band = excluded.rate_band,
    tokens = excluded.tokens, latin = excluded.latin, listed = excluded.listed, due = excluded.due,
    position = excluded.position
