select asked.n, coalesce(t.balance, 0)::bigint
from unnest($2::uuid[], $3::smallint[], $4::smallint[], $5::text[])
     with ordinality as asked (owner, account, layer, currency, n)
cross join lateral (
    select sum(credits) - sum(debits) as balance from total
    where log = $1 and owner = asked.owner and account = asked.account and layer = asked.layer
      and currency = asked.currency
) as t
