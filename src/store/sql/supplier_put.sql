insert into supplier (log, supplier, source, member_no, composite, logistics, dispute, offer_score, after_sales, consulting,
    medal, repurchase_ppm, collected_48h_ppm, quality_refund_ppm, member_years, reported_at, position)
select $1, s.*
from unnest($2::uuid[], $3::text[], $4::text[], $5::smallint[], $6::smallint[], $7::smallint[], $8::smallint[],
            $9::smallint[], $10::smallint[], $11::smallint[], $12::int[], $13::int[], $14::int[], $15::smallint[],
            $16::timestamptz[], $17::bigint[]) as s
on conflict (log, supplier) do update
set source = excluded.source, member_no = excluded.member_no, composite = excluded.composite,
    logistics = excluded.logistics, dispute = excluded.dispute, offer_score = excluded.offer_score,
    after_sales = excluded.after_sales, consulting = excluded.consulting, medal = excluded.medal,
    repurchase_ppm = excluded.repurchase_ppm, collected_48h_ppm = excluded.collected_48h_ppm,
    quality_refund_ppm = excluded.quality_refund_ppm, member_years = excluded.member_years,
    reported_at = excluded.reported_at, position = excluded.position
