-- An offer has the score of its supplier, which is reported on a stream of its own: `pool_scores` keeps it so.
insert into pool_entry (log, entry, source, owner, shop, title, category, currency, price, rate, commission, margin, sales,
                        refund_rate, score, own_score, min_order, ships_within, dropship, sample, stock, price_band,
                        rate_band, tokens, latin, listed, due, position)
select $1, e.entry, e.source, e.owner, e.shop, e.title, e.category, e.currency, e.price, e.rate, e.commission, e.margin,
       e.sales, e.refund_rate, coalesce(s.composite * 10, e.score), e.own_score, e.min_order, e.ships_within, e.dropship,
       e.sample, e.stock, e.price_band, e.rate_band, e.tokens, e.latin, e.listed, e.due, e.position
from unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::bigint[],
            $10::integer[], $11::bigint[], $12::bigint[], $13::bigint[], $14::integer[], $15::integer[], $16::integer[],
            $17::bigint[], $18::integer[], $19::boolean[], $20::boolean[], $21::bigint[], $22::smallint[],
            $23::smallint[], $24::text[], $25::text[], $26::boolean[], $27::timestamptz[], $28::bigint[])
    as e (entry, source, owner, shop, title, category, currency, price, rate, commission, margin, sales, refund_rate, score,
          own_score, min_order, ships_within, dropship, sample, stock, price_band, rate_band, tokens, latin, listed, due,
          position)
left join supplier s on s.log = $1 and s.supplier = e.owner and e.source = 'offer'
on conflict (log, entry) do update
set owner = excluded.owner, shop = excluded.shop, title = excluded.title, category = excluded.category,
    currency = excluded.currency, price = excluded.price, rate = excluded.rate, commission = excluded.commission,
    margin = excluded.margin, sales = excluded.sales, refund_rate = excluded.refund_rate, score = excluded.score,
    own_score = excluded.own_score, min_order = excluded.min_order, ships_within = excluded.ships_within,
    dropship = excluded.dropship, sample = excluded.sample, stock = excluded.stock, price_band = excluded.price_band,
    rate_band = excluded.rate_band, tokens = excluded.tokens, latin = excluded.latin, listed = excluded.listed,
    due = excluded.due, position = excluded.position
