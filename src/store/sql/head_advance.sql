update log
set position = $2, recorded_at = $3, frontier = $4, root = $5
where log = $1
