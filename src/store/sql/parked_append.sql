insert into parked (log, position, line, kind, state, code, amount, currency, at)
select $1, p.*
from unnest($2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[],
            $9::timestamptz[]) as p
