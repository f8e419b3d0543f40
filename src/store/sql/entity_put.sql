insert into entity (log, entity, external_id, name, position)
select $1, e.*
from unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[]) as e
on conflict (log, entity) do update
set name = excluded.name, position = excluded.position
