update job set progress = $4, lease_until = clock_timestamp() + interval '30 seconds'
where book = $1 and id = $2 and lease_owner = $3 and state = 'running'
