insert into money_freeze (log, hold, party, currency, held, lifted, forfeited, reason, at, position)
select $1, f.*
from unnest($2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::timestamptz[],
            $10::bigint[]) as f
on conflict (log, hold) do update
set lifted = excluded.lifted, forfeited = excluded.forfeited, position = excluded.position
