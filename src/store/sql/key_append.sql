insert into api_key (book, key, person, label, role, party, hash, expires_at)
select $1, k.*
from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::bytea[], $8::timestamptz[]) as k
