update api_key
set revoked_at = clock_timestamp()
where book = $1 and key = any($2::uuid[]) and revoked_at is null
