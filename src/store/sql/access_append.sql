insert into access_log (at, book, key, route, status, code)
select a.*
from unnest($1::timestamptz[], $2::uuid[], $3::uuid[], $4::text[], $5::smallint[], $6::text[]) as a
