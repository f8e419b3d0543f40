insert into recon_resolution (log, position, break_id, reconciliation, number, how, proposal, by, reason, until, approval, at)
select $1, r.*
from unnest($2::bigint[], $3::uuid[], $4::uuid[], $5::int[], $6::text[], $7::text[], $8::uuid[], $9::text[],
    $10::timestamptz[], $11::uuid[], $12::timestamptz[]) as r
