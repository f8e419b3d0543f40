insert into rule (log, rule, shelf, external_id, brand, kind, item, shop, from_at, ended_at, position)
select $1, r.*
from unnest($2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::uuid[], $8::uuid[], $9::timestamptz[],
            $10::timestamptz[], $11::bigint[]) as r
on conflict (log, rule) do update
set ended_at = excluded.ended_at, position = excluded.position
