-- Files of the book after a digest; one file ($4) when given.
select f.digest, f.size, f.name, f.media_type, f.added_at
from file f
where f.book = (select book from log where log = $1) and f.digest > $2 and ($4::bytea is null or f.digest = $4)
order by f.digest
limit $3
