select r.principal, r.key, r.fingerprint, r.position, r.recorded_at, r.answer
from unnest($2::text[], $3::text[]) as asked (principal, key)
join receipt r on r.log = $1 and r.principal = asked.principal and r.key = asked.key
