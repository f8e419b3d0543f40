-- The rows of a table as a set: their number and two sums of hashes, whatever their order.
select count(*),
       coalesce(sum(hashtextextended(r::text, 0)::numeric), 0)::text,
       coalesce(sum(hashtextextended(r::text, 1)::numeric), 0)::text
from {table} as r
where log = $1
