-- Accounts that should stand at zero or above and do not, a page of them after a key ($4, $5, $6), each with what every month
-- moved, newest month first: available (1) and commission (6) that are negative; claw-backs due (3), clearing (7), suspense
-- (9), cut-over (10) and advances (11) that are not zero. Of one owner ($3) when given. Totals less the legs after the
-- position, in one statement and so one snapshot.
with moved as (
    select owner, account, currency, period, debits::numeric as debits, credits::numeric as credits
    from total where log = $1 and layer = 1 and account in (1, 3, 6, 7, 9, 10, 11) and ($3::uuid is null or owner = $3)
    union all
    select owner, account, currency, period, least(amount, 0)::numeric, -greatest(amount, 0)::numeric
    from leg where log = $1 and layer = 1 and position > $2 and account in (1, 3, 6, 7, 9, 10, 11)
        and ($3::uuid is null or owner = $3)
),
open as (
    select account, owner, currency, sum(credits - debits) as balance
    from moved
    where (account, owner, currency) > ($4, $5, $6)
    group by account, owner, currency
    having case when account in (1, 6) then sum(credits - debits) < 0 else sum(credits - debits) <> 0 end
    order by account, owner, currency
    limit $7
)
select o.account, o.owner, p.name, o.currency, o.balance::bigint, m.period,
       sum(m.credits)::bigint, sum(m.debits)::bigint
from open o
join moved m on m.account = o.account and m.owner = o.owner and m.currency = o.currency
left join party p on p.log = $1 and p.party = o.owner
group by o.account, o.owner, p.name, o.currency, o.balance, m.period
order by o.account, o.owner, o.currency, m.period desc
