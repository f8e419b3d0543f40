select book, log, shard, sandbox from log where book = $1 and successor is null order by shard
