select bytes from file_part where book = $1 and upload = $2 and part = $3
