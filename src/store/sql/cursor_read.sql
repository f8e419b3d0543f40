select position from cursor where log = $1 and name = $2
