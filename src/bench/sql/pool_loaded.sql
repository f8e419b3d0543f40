-- How many entries a pool has, and the size of their table with its indexes.
select count(*), pg_size_pretty(pg_total_relation_size('pool_entry')) from pool_entry where log = $1
