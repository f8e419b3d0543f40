-- $1 the book, $2 its logs in order of shards from 0, $3 sandbox, $4 the time before which nothing is recorded,
-- $5 the root of an empty tree.
insert into log (log, book, shard, sandbox, recorded_at, root)
select l.log, $1, (l.n - 1)::int, $3, $4, $5
from unnest($2::uuid[]) with ordinality as l (log, n)
-- The same logs made twice are made once.
on conflict (log) do nothing
