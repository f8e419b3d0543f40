insert into receipt (log, principal, key, fingerprint, position, recorded_at, answer)
select $1, r.*
from unnest($2::text[], $3::text[], $4::bytea[], $5::bigint[], $6::timestamptz[], $7::text[]) as r
