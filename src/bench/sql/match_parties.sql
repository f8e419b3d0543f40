-- The same parties in other books ($2): a book is never alone in its database.
insert into party (log, party, name, position)
select other, party, name, position from party, unnest($2::uuid[]) as other where log = $1
