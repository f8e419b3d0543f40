insert into reconciliation (log, reconciliation, run, file, mapping, mapping_sha256, platform, period, rows, rejected,
    matched, breaks, content, of_position, position, made_at)
select $1, r.*
from unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::bigint[], $10::bigint[],
    $11::bigint[], $12::text[], $13::text[], $14::bigint[], $15::bigint[], $16::timestamptz[]) as r
