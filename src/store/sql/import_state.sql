-- Moves an import to a state from one of those given; what is not given stays.
update import set state = $3, tally = coalesce($5, tally), failure = $6, approval = coalesce($7, approval),
    job = coalesce($9, job), acted_by = coalesce($8, acted_by), changed_at = clock_timestamp()
where book = $1 and import = $2 and state = any($4)
