insert into money_receipt (log, receipt, source, account, flow_no, at, currency, amount, matched, payer, tag, memo, position)
select $1, r.*
from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::bigint[], $9::bigint[],
            $10::text[], $11::text[], $12::text[], $13::bigint[]) as r
