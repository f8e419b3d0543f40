select book, key, person, label, role, party, hash, issued_at, expires_at, revoked_at
from api_key
where book = $1
order by key
