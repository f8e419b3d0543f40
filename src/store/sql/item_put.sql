insert into item (log, item, platform, item_no, title, shop, category, position)
select $1, i.*
from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::bigint[]) as i
on conflict (log, item) do update
set title = excluded.title, shop = excluded.shop, category = excluded.category, position = excluded.position
