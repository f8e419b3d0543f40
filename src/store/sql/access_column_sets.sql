-- Saved sets of columns of one owner, by name.
select name, columns, saved_at from column_set where book = $1 and owner = $2 order by name
