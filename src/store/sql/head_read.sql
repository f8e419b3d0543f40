select book, shard, sandbox, position, generation, recorded_at, frontier, root, successor
from log
where log = $1
