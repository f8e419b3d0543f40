insert into receipt_bill (log, receipt, nth, owner, account, period, currency, amount, position)
select $1, b.*
from unnest($2::uuid[], $3::int[], $4::uuid[], $5::smallint[], $6::int[], $7::text[], $8::bigint[], $9::bigint[]) as b
