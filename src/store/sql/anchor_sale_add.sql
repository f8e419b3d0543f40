-- The arrays hold each key once, in key order.
insert into anchor_sale (log, category, month, anchor, band, segment, currency, lines, paid, refunded)
select $1, s.*
from unnest($2::text[], $3::int[], $4::uuid[], $5::smallint[], $6::text[], $7::text[], $8::bigint[], $9::bigint[],
            $10::bigint[]) as s
on conflict (log, category, month, anchor, band, segment, currency) do update
set lines = anchor_sale.lines + excluded.lines, paid = anchor_sale.paid + excluded.paid,
    refunded = anchor_sale.refunded + excluded.refunded
