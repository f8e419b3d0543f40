insert into settlement_run (log, run, period, number, stage, started_at, reckoned_at, sheets, digest, contested,
                            held_back, position, pay_by, exit_of)
select $1, r.*
from unnest($2::uuid[], $3::integer[], $4::integer[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[],
            $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::uuid[]) as r
on conflict (log, run) do update
set stage = excluded.stage, reckoned_at = excluded.reckoned_at, sheets = excluded.sheets, digest = excluded.digest,
    contested = excluded.contested, held_back = excluded.held_back, position = excluded.position,
    pay_by = excluded.pay_by
