insert into mapping (book, name, text, saved_by) values ($1, $2, $3, $4)
on conflict (book, name) do update set text = excluded.text, saved_by = excluded.saved_by, saved_at = clock_timestamp()
