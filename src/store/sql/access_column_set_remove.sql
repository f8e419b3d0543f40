-- Forgets a saved set of columns.
delete from column_set where book = $1 and owner = $2 and name = $3
