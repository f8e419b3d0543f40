insert into selection (log, selection, party, name, entries, query, position)
select $1, s.*
from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[]) as s
