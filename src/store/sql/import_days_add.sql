insert into import_day (book, import, platform, account, day, rows)
select $1, $2, d.*
from unnest($3::text[], $4::text[], $5::date[], $6::bigint[]) as d
on conflict (book, import, platform, account, day) do update set rows = import_day.rows + excluded.rows
