-- Bills: what each platform (clearing, 7) or merchant (commission, 6) owes by month, what was received of it, and what is
-- only estimated yet (month 0). Owed is what stands on the account without the legs of receipts themselves, which bear the
-- month of the cash; a receipt counts for the month of the bill that it was matched to. One party ($2) when given.
with stands as (
    select owner, account, currency, layer, period, sum(credits - debits) as net from total
    where log = $1 and account in (6, 7) and ($2::uuid is null or owner = $2)
    group by owner, account, currency, layer, period
), cash as (
    select g.owner, g.account, g.currency, g.period, sum(g.amount) as net
    from event e
    join leg g on g.log = e.log and g.position = e.position
    where e.log = $1 and e.slice = 29 and g.account in (6, 7) and ($2::uuid is null or g.owner = $2)
    group by g.owner, g.account, g.currency, g.period
), received as (
    select owner, account, currency, period, sum(amount) as amount from receipt_bill
    where log = $1 and account in (6, 7) and ($2::uuid is null or owner = $2)
    group by owner, account, currency, period
), bill as (
    select owner, account, currency, period, sum(settled) as settled, sum(received) as received, sum(estimated) as estimated
    from (
        select owner, account, currency, period, -net as settled, 0 as received, 0 as estimated from stands where layer = 1
        union all
        select owner, account, currency, period, net, 0, 0 from cash
        union all
        select owner, account, currency, period, 0, amount, 0 from received
        union all
        select owner, account, currency, 0, 0, 0, -net from stands where layer = 0
    ) parts
    group by owner, account, currency, period
)
select b.owner, t.name, t.external_id, b.account, b.currency, b.period, b.settled::bigint, b.received::bigint, b.estimated::bigint,
    coalesce($3, clock_timestamp())
from bill b
left join party t on t.log = $1 and t.party = b.owner
where b.settled <> 0 or b.received <> 0 or b.estimated <> 0
order by b.owner, b.account, b.currency, b.period
