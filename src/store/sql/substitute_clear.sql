-- The substitutes of a person are written as a whole.
delete from substitute
where log = $1 and person = any($2::uuid[])
