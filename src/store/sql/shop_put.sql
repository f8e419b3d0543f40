insert into shop (log, shop, platform, shop_no, name, brand, position, entity)
select $1, s.*
from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::bigint[], $8::uuid[]) as s
on conflict (log, shop) do update
set name = excluded.name, brand = excluded.brand, position = excluded.position, entity = excluded.entity
