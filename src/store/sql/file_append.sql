insert into file_part (book, upload, part, bytes) values ($1, $2, $3, $4)
