insert into party (log, party, external_id, name, position, entity, suspended, script)
select $1, p.*
from unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::uuid[], $7::boolean[], $8::text[]) as p
on conflict (log, party) do update
set external_id = excluded.external_id, name = excluded.name, position = excluded.position, entity = excluded.entity,
    suspended = excluded.suspended, script = excluded.script
