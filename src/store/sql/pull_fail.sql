-- A round failed; the next one not before $5. $6: the platform refused the window itself.
update pull_source set failures = failures + 1, refusals = case when $6 then refusals + 1 else 0 end,
    last_error = $4, wait_until = $5
where book = $1 and source = $2 and lease_owner = $3
