insert into event (log, position, id, slice, stream, version, kind, schema, occurred_at, recorded_at, actor, key,
                   causation, correlation, payload, leaf)
select $1, e.*
from unnest($2::bigint[], $3::uuid[], $4::smallint[], $5::uuid[], $6::bigint[], $7::text[], $8::smallint[],
            $9::timestamptz[], $10::timestamptz[], $11::text[], $12::text[], $13::uuid[], $14::text[], $15::text[],
            $16::bytea[]) as e
