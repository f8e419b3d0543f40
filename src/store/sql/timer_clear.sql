-- Timers of these streams that are no longer pending: fired, cancelled, or lapsed.
delete from timer
where log = $1 and stream = any($2::uuid[]) and timer <> all($3::uuid[])
