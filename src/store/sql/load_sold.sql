-- The pinned lines that each buyer ($2) bought of each item ($3): what returns that name no order may belong to.
select asked.n, l.line
from unnest($2::uuid[], $3::uuid[]) with ordinality as asked (buyer, item, n)
-- OFFSET 0 keeps the look-up a look-up: one range of the index of pinned lines by buyer and item for each pair.
cross join lateral (
    select line from line where log = $1 and buyer = asked.buyer and item = asked.item and pinned offset 0
) as l
order by asked.n, l.line
