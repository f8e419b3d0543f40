-- A removed selection leaves no row.
delete from selection
where log = $1 and selection = any($2::uuid[])
