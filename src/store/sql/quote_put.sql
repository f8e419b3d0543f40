insert into quote (log, quote, offer, version, buyer, kind, currency, quantity, total, valid_until, used_for, position)
select $1, q.*
from unnest($2::uuid[], $3::uuid[], $4::int[], $5::uuid[], $6::text[], $7::text[], $8::int[], $9::bigint[],
            $10::timestamptz[], $11::text[], $12::bigint[]) as q
on conflict (log, quote) do update set used_for = excluded.used_for, position = excluded.position
