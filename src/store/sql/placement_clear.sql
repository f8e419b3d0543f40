-- The assignments of a placement are written as a whole: ending one before it began removes its row.
delete from placement
where log = $1 and placement = any($2::uuid[])
