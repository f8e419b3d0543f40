-- Before a key is known its book is not: the key's random id is the whole look-up.
select book, key, person, label, role, party, hash, issued_at, expires_at, revoked_at
from api_key
where key = $1
