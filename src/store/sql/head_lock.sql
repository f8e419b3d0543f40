-- The head row serialises the writers of all servers. INVARIANT: nothing is locked before a head, and one transaction
-- locks one head. Reads that depend on the log are later statements: this one's snapshot is older than its lock.
select book, shard, sandbox, position, generation, recorded_at, frontier, root, successor
from log
where log = $1
for update
