-- A window is given up, or lies further back than the platform answers: it stays uncovered, and the next ones are asked.
update pull_source set reached = greatest(reached, $4), window_from = null, window_to = null, place = null,
    failures = 0, refusals = 0, wait_until = null, last_error = coalesce($5, last_error)
where book = $1 and source = $2 and lease_owner = $3
