-- The arrays hold each key once, in key order.
insert into total (log, owner, account, layer, currency, period, debits, credits)
select $1, t.*
from unnest($2::uuid[], $3::smallint[], $4::smallint[], $5::text[], $6::int[], $7::bigint[], $8::bigint[]) as t
on conflict (log, owner, account, layer, currency, period) do update
set debits = total.debits + excluded.debits, credits = total.credits + excluded.credits
