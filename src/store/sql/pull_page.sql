-- The facts of a page are durable: the window goes on at the next page.
update pull_source set window_from = $4, window_to = $5, place = $6,
    pages = pages + $7, rows = rows + $8, facts = facts + $9, rejected = rejected + $10,
    lease_until = clock_timestamp() + interval '2 minutes'
where book = $1 and source = $2 and lease_owner = $3
