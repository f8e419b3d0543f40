-- The shards of $2 in order from 0 take the place of the book's current logs.
update log
set successor = l.log
from unnest($2::uuid[]) with ordinality as l (log, n)
where log.book = $1 and log.shard = l.n - 1 and log.successor is null
