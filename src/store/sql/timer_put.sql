insert into timer (log, timer, slice, stream, due)
select $1, t.*
from unnest($2::uuid[], $3::smallint[], $4::uuid[], $5::timestamptz[]) as t
on conflict (log, stream, timer) do nothing
