-- Takes and, at the end of this statement's own transaction, releases the head lock: every write that held it has ended.
select position from log where log = $1 for update
