update pull_source set lease_until = clock_timestamp() + interval '2 minutes'
where book = $1 and source = $2 and lease_owner = $3
