select upload, size, name, media_type, added_at from file where book = $1 and digest = $2
