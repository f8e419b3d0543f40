-- What these parties earned by lines ($3) whose debtor's bill is open, by the bill ($4 to $7: debtor, account, currency and
-- month, those first of which least was received; a line with several debtors counts with the first). Up to a position.
select l.owner, l.currency, d.n, sum(l.amount)::bigint
from leg l
cross join lateral (
    select min(b.n) as n
    from leg o
    join unnest($4::uuid[], $5::smallint[], $6::text[], $7::integer[]) with ordinality
        as b (owner, account, currency, period, n)
        on b.owner = o.owner and b.account = o.account and b.currency = o.currency and b.period = o.period
    where o.log = $1 and o.position = l.position and o.layer = 1
) d
where l.log = $1 and l.owner = any($3) and l.account = 1 and l.layer = 1 and l.part in (1, 2)
  and l.period = any($7::integer[]) and l.position <= $2 and d.n is not null
group by l.owner, l.currency, d.n
order by l.owner, l.currency, d.n
