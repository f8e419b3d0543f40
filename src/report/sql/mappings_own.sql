-- The book's own mappings; one of them ($2) when given.
select m.name, m.text, m.saved_at
from mapping m
where m.book = (select book from log where log = $1) and ($2::text is null or m.name = $2)
order by m.name
limit 1000
