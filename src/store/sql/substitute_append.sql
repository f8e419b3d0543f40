insert into substitute (log, person, by, from_at, to_at, roles, position)
select $1, s.*
from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::bigint[]) as s
