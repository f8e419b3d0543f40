insert into anchor_card (log, anchor, card, position)
select $1, c.*
from unnest($2::uuid[], $3::text[], $4::bigint[]) as c
on conflict (log, anchor) do update set card = excluded.card, position = excluded.position
