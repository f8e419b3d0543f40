delete from {table} where log = $1
