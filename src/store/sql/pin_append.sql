insert into pin (log, position, line, at, promoter, merchant, rule, item, shop, category, room, show, source, phase,
                 segment, payable)
select $1, p.*
from unnest($2::bigint[], $3::uuid[], $4::timestamptz[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[], $9::uuid[],
            $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::bigint[]) as p
