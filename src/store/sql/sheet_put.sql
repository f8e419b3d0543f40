-- What a sheet says never changes: only its status and whether it is held back do.
insert into settlement_sheet (log, sheet, run, party, currency, period, account, status, held_back, opening, parts, closing,
                              payable, carried, negative_since, others, lines, lines_sha256, sha256, position, suspended, pay_by,
                              unreceived, advanced, estimated)
select $1, s.*
from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::integer[], $7::smallint[], $8::text[], $9::boolean[],
            $10::bigint[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::integer[], $16::text[],
            $17::bigint[], $18::text[], $19::text[], $20::bigint[], $21::text[], $22::text[],
            $23::bigint[], $24::bigint[], $25::bigint[]) as s
on conflict (log, sheet) do update
set status = excluded.status, held_back = excluded.held_back, pay_by = excluded.pay_by, position = excluded.position
