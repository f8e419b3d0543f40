insert into brief (log, brief, external_id, brand, status, visibility, title, category, closes_at, due, parties, position)
select $1, b.*
from unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[],
            $10::timestamptz[], $11::text[], $12::bigint[]) as b
on conflict (log, brief) do update
set status = excluded.status, visibility = excluded.visibility, title = excluded.title, category = excluded.category,
    closes_at = excluded.closes_at, due = excluded.due, parties = excluded.parties, position = excluded.position
