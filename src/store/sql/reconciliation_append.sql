insert into reconciliation (log, reconciliation, run, file, mapping, mapping_sha256, platform, period, account, shop, rows,
    rejected, matched, breaks, content, of_position, position, made_at)
select $1, r.*
from unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::text[], $10::text[],
    $11::bigint[], $12::bigint[], $13::bigint[], $14::text[], $15::text[], $16::bigint[], $17::bigint[], $18::timestamptz[]) as r
