-- Ends a job as done, or gives it back so that the next run can go on at once.
update job set state = $4, progress = $5, lease_until = null, lease_owner = null,
    finished_at = case when $4 = 'done' then clock_timestamp() end
where book = $1 and id = $2 and lease_owner = $3
