-- Where a log stands.
select position, generation, recorded_at from log where log = $1
