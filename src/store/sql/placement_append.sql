insert into placement (log, placement, platform, kind, number, party, room, from_at, to_at, position)
select $1, p.*
from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::timestamptz[],
            $9::timestamptz[], $10::bigint[]) as p
