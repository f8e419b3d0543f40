-- Saves a set of columns under its name, anew or for the first time; an owner has at most $5 of them.
insert into column_set (book, owner, name, columns)
select $1, $2, $3, $4
where exists (select 1 from column_set where book = $1 and owner = $2 and name = $3)
   or (select count(*) from column_set where book = $1 and owner = $2) < $5
on conflict (book, owner, name) do update set columns = excluded.columns, saved_at = clock_timestamp()
