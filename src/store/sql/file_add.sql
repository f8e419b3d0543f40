-- One copy for each book and digest: the first upload stays.
insert into file (book, digest, upload, size, name, media_type, added_by)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (book, digest) do nothing
