-- Entries after a position that moved accounts of one owner, its own legs only: a few rows of each account by index,
-- then the earliest of them all.
select l.position, l.owner, l.account, l.layer, l.currency, l.amount, l.balance, l.period, l.points_back_to, l.line,
       e.id, e.kind, e.occurred_at, e.recorded_at, e.slice, e.stream
from (
    select leg.position
    from (
        select distinct owner, account, layer, currency from total
        where log = $1 and owner = $5 and ($6::smallint is null or account = $6)
    ) t
    cross join lateral (
        select l.position from leg l
        where l.log = $1 and l.owner = t.owner and l.account = t.account and l.layer = t.layer
          and l.currency = t.currency and l.position > $2 and l.position <= $3
        order by l.position
        limit $4
    ) leg
    group by leg.position
    order by leg.position
    limit $4
) page
join leg l on l.log = $1 and l.position = page.position and l.owner = $5 and ($6::smallint is null or l.account = $6)
join event e on e.log = $1 and e.position = page.position
order by l.position, l.owner, l.account, l.layer, l.currency
