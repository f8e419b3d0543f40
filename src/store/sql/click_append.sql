insert into click (log, position, click, buyer, item, shop, at, tie)
select $1, c.*
from unnest($2::bigint[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::timestamptz[], $8::text[]) as c
