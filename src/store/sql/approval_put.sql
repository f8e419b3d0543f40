insert into approval (log, approval, kind, maker, status, position, approvers, roles, agreed)
select $1, a.*
from unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::bigint[], $7::smallint[], $8::text[], $9::text[]) as a
on conflict (log, approval) do update
set status = excluded.status, position = excluded.position, agreed = excluded.agreed
