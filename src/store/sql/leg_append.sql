insert into leg (log, position, owner, account, layer, currency, amount, balance, period, points_back_to, at, line, pin,
                 part)
select $1, l.*
from unnest($2::bigint[], $3::uuid[], $4::smallint[], $5::smallint[], $6::text[], $7::bigint[], $8::bigint[],
            $9::int[], $10::int[], $11::timestamptz[], $12::uuid[], $13::bigint[], $14::smallint[]) as l
