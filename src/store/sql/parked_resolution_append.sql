insert into parked_resolution (log, parked, position, how, reason, at)
select $1, r.*
from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::timestamptz[]) as r
