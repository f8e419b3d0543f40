-- Several servers may follow one log; the slower one never moves the cursor back.
insert into cursor (log, name, position) values ($1, $2, $3)
on conflict (name, log) do update set position = greatest(cursor.position, excluded.position)
