-- A line that is pinned anew may name the same party at the same instant again.
insert into line_party (log, party, at, line)
select $1, p.*
from unnest($2::uuid[], $3::timestamptz[], $4::uuid[]) as p
on conflict (log, party, at, line) do nothing
