-- What platforms (clearing, 7) and merchants (commission, 6) owe by month, up to a month and a position, without the legs of
-- receipts of money (slice 29), which bear the month of the cash.
select l.owner, l.account, l.currency, l.period, -sum(l.amount)::bigint
from (
    select owner, account, currency from total
    where log = $1 and layer = 1 and account in (6, 7)
    group by owner, account, currency
) t
join leg l on l.log = $1 and l.owner = t.owner and l.account = t.account and l.layer = 1 and l.currency = t.currency
where l.position <= $3 and l.period <= $2
  and not (l.part = 14 and exists (select from event e where e.log = $1 and e.position = l.position and e.slice = 29))
group by l.owner, l.account, l.currency, l.period
order by l.owner, l.account, l.currency, l.period
