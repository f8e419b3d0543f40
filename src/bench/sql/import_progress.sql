-- How far the imports of a book are.
select coalesce(max((j.progress::json ->> 'row')::bigint), 0)
from import i join job j on j.book = i.book and j.id = i.job
where i.book = $1
