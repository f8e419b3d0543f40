select state, progress, attempts, finished_at from job where book = $1 and id = $2
