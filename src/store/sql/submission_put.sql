insert into submission (log, submission, external_id, by, anchor, target, title, category, show, show_at, status, place,
                        exclusive_from, exclusive_to, qualifications, qualified_until, closed, currency, lost, position)
select $1, s.*
from unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::text[],
            $10::timestamptz[], $11::text[], $12::bigint[], $13::timestamptz[], $14::timestamptz[], $15::text[],
            $16::timestamptz[], $17::text[], $18::text[], $19::bigint[], $20::bigint[]) as s
on conflict (log, submission) do update
set title = excluded.title, category = excluded.category, show = excluded.show, show_at = excluded.show_at,
    status = excluded.status, place = excluded.place, exclusive_from = excluded.exclusive_from,
    exclusive_to = excluded.exclusive_to, qualifications = excluded.qualifications,
    qualified_until = excluded.qualified_until, closed = excluded.closed, currency = excluded.currency,
    lost = excluded.lost, position = excluded.position
