select asked.n, coalesce(sum(t.credits) - sum(t.debits), 0)::bigint
from unnest($2::uuid[], $3::smallint[], $4::smallint[], $5::text[])
     with ordinality as asked (owner, account, layer, currency, n)
join total t on t.log = $1 and t.owner = asked.owner and t.account = asked.account and t.layer = asked.layer
            and t.currency = asked.currency
group by asked.n
