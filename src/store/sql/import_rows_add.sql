insert into import_row (book, import, row, raw, state, code, message)
select $1, $2, r.*
from unnest($3::bigint[], $4::bytea[], $5::text[], $6::text[], $7::text[]) as r
on conflict do nothing
