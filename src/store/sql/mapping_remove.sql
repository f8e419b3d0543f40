delete from mapping where book = $1 and name = $2
