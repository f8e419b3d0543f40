select book, log, shard, sandbox from log where successor is null order by book, shard
