-- The contracts of a member are written as a whole: ending one before it began removes its row.
delete from membership
where log = $1 and member = any($2::uuid[])
