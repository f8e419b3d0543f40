insert into purchase (log, purchase, external_id, source, order_no, kind, phase, buyer, supplier, pays, currency, cost, due,
                      paid, repaid, sold, charges, margin, bill_no, billed, accrued, corrected, ordered_at, paid_at,
                      shipped_at, received_at, complained_at, refunded_at, pay_by, position)
select $1, p.*
from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::uuid[], $10::text[],
            $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[],
            $18::bigint[], $19::text[], $20::bigint[], $21::bigint[], $22::bigint[], $23::timestamptz[],
            $24::timestamptz[], $25::timestamptz[], $26::timestamptz[], $27::timestamptz[], $28::timestamptz[],
            $29::timestamptz[], $30::bigint[]) as p
on conflict (log, purchase) do update
set phase = excluded.phase, cost = excluded.cost, due = excluded.due, paid = excluded.paid, repaid = excluded.repaid,
    sold = excluded.sold, charges = excluded.charges, margin = excluded.margin, bill_no = excluded.bill_no,
    billed = excluded.billed, accrued = excluded.accrued, corrected = excluded.corrected, paid_at = excluded.paid_at,
    shipped_at = excluded.shipped_at, received_at = excluded.received_at, complained_at = excluded.complained_at,
    refunded_at = excluded.refunded_at, pay_by = excluded.pay_by, position = excluded.position
