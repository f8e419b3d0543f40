insert into dispute (log, dispute, number, line, party, reason, due, evidence_position, evidence_sha256, state, answer,
    correction, position)
select $1, d.*
from unnest($2::uuid[], $3::int[], $4::uuid[], $5::uuid[], $6::text[], $7::timestamptz[], $8::bigint[], $9::text[],
    $10::text[], $11::text[], $12::uuid[], $13::bigint[]) as d
on conflict (log, dispute) do update
set number = excluded.number, reason = excluded.reason, due = excluded.due,
    evidence_position = excluded.evidence_position, evidence_sha256 = excluded.evidence_sha256, state = excluded.state,
    answer = excluded.answer, correction = excluded.correction, position = excluded.position
