-- The next contracts with a guarantee, and what each one's member earned in a month: its lines, what a platform paid it
-- directly included, and true-ups; what was frozen is earned.
with page as (
    select membership, member, substring(guarantee from '"currency":"([A-Z]+)"') as currency
    from membership
    where log = $1 and membership > $3 and from_at < $5 and guarantee is not null
    group by membership, member, substring(guarantee from '"currency":"([A-Z]+)"')
    order by membership
    limit $4
)
select p.membership, p.member, p.currency, coalesce(earned.amount, 0)::bigint
from page p
left join lateral (
    select sum(l.amount) as amount
    from leg l
    where l.log = $1 and l.layer = 1 and l.period = $2 and l.owner = p.member and l.currency = p.currency
      and l.account in (1, 5)
      and l.part in (1, 2, 3)
) earned on true
order by p.membership, p.currency
