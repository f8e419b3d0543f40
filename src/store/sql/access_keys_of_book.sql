-- Keys of a book, in order of id; never their hashes.
select key, person, label, role, party, issued_at, expires_at, revoked_at
from api_key
where book = $1 and ($2::uuid is null or key > $2)
order by key
limit $3
