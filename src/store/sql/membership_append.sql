insert into membership (log, membership, member, upper, scope, share, receiver, from_at, to_at, position, guarantee)
select $1, m.*
from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
            $9::timestamptz[], $10::bigint[], $11::text[]) as m
