select count(*) from {table} where log = $1
