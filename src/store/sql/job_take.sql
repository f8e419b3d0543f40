-- Takes a job, new or left behind: nobody else may work on it while its lease lasts. A finished one begins anew.
insert into job (book, id, kind, spec, lease_owner, state, lease_until, attempts)
values ($1, $2, $3, $4, $5, 'running', clock_timestamp() + interval '30 seconds', 1)
on conflict (id) do update set
    state = 'running',
    progress = case when job.state = 'done' then '{}' else job.progress end,
    lease_owner = $5,
    lease_until = clock_timestamp() + interval '30 seconds',
    attempts = job.attempts + 1,
    finished_at = null
where job.book = $1
  and (job.lease_until is null or job.lease_until < clock_timestamp() or job.lease_owner = $5)
returning progress
