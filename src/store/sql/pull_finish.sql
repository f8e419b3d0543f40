-- The facts of a window's last page are durable: the window is covered.
update pull_source set covered = covered + tstzmultirange(tstzrange($4, $5)), reached = greatest(reached, $5),
    window_from = null, window_to = null, place = null,
    pages = pages + $6, rows = rows + $7, facts = facts + $8, rejected = rejected + $9,
    failures = 0, refusals = 0, wait_until = null, last_error = null, pulled_at = clock_timestamp(),
    lease_until = clock_timestamp() + interval '2 minutes'
where book = $1 and source = $2 and lease_owner = $3
