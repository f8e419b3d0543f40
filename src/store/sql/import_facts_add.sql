insert into import_fact (book, import, row, nth, line, identity, position, state, code, repeated)
select $1, $2, f.*
from unnest($3::bigint[], $4::int[], $5::uuid[], $6::text[], $7::bigint[], $8::text[], $9::text[], $10::boolean[]) as f
on conflict (book, import, row, nth) do update set position = excluded.position, state = excluded.state, code = excluded.code
