-- A fact that was in conflict was told again and now stands elsewhere.
update import_fact f set position = m.position, state = m.state, code = m.code
from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::text[], $6::text[]) as m (line, before, position, state, code)
where f.book = $1 and f.line = m.line and f.position = m.before
