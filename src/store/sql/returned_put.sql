insert into returned (log, told, stream, platform, document, row_no, at, units, amount, currency, state, code, line,
                      candidates, position)
select $1, r.*
from unnest($2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::bigint[],
            $9::bigint[], $10::text[], $11::text[], $12::text[], $13::uuid[], $14::text[], $15::bigint[]) as r
on conflict (log, told) do update
set state = excluded.state, code = excluded.code, line = excluded.line, candidates = excluded.candidates,
    position = excluded.position
