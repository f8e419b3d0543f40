-- Entries after a position, whole.
select l.position, l.owner, l.account, l.layer, l.currency, l.amount, l.balance, l.period, l.points_back_to, l.line,
       e.id, e.kind, e.occurred_at, e.recorded_at, e.slice, e.stream
from (
    select position from leg where log = $1 and position > $2 and position <= $3
    group by position order by position limit $4
) page
join leg l on l.log = $1 and l.position = page.position
join event e on e.log = $1 and e.position = page.position
order by l.position, l.owner, l.account, l.layer, l.currency
