insert into {table} select * from shadow_{table} where log = $1
