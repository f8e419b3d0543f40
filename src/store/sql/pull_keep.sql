insert into pull_page (book, source, rows_sha256, window_from, window_to, rows, rejected, body)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict do nothing
