insert into contract (log, contract, external_id, brief, brand, awardee, anchor, form, phase, currency, held, due,
                      parties, position, punctual, late, delivered, stars, uncovered)
select $1, c.*
from unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[],
            $11::bigint[], $12::timestamptz[], $13::text[], $14::bigint[], $15::int[], $16::int[], $17::boolean[],
            $18::smallint[], $19::bigint[]) as c
on conflict (log, contract) do update
set anchor = excluded.anchor, phase = excluded.phase, held = excluded.held, due = excluded.due,
    parties = excluded.parties, position = excluded.position, punctual = excluded.punctual, late = excluded.late,
    delivered = excluded.delivered, stars = excluded.stars, uncovered = excluded.uncovered
