update pull_source set lease_owner = null, lease_until = null
where book = $1 and source = $2 and lease_owner = $3
