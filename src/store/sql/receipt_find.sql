select r.principal, r.key, r.fingerprint, r.position, r.recorded_at, r.answer
from unnest($2::text[], $3::text[]) as asked (principal, key)
cross join lateral (
    select * from receipt where log = $1 and principal = asked.principal and key = asked.key offset 0
) as r
