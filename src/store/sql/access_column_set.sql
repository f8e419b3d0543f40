-- One saved set of columns.
select columns from column_set where book = $1 and owner = $2 and name = $3
