insert into payment (log, payment, party, currency, amount, advance, channel, reference, paid_on, returned_on, note, position)
select $1, p.*
from unnest($2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[],
            $11::text[], $12::bigint[]) as p
on conflict (log, payment) do update
set returned_on = excluded.returned_on, position = excluded.position
