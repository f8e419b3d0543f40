-- Entries after a position, whole, in the layers asked for and of one month's stamps when given, with the names of parties
-- and the platform's numbers.
select l.position, l.owner, l.account, l.layer, l.currency, l.amount, l.period, l.points_back_to, l.at, p.name,
       e.id, e.kind, o.line_no
from (
    select position from leg
    where log = $1 and position > $2 and layer = any($3::smallint[]) and ($4::integer is null or period = $4)
    group by position order by position limit $5
) page
join leg l on l.log = $1 and l.position = page.position and l.layer = any($3::smallint[])
          and ($4::integer is null or l.period = $4)
join event e on e.log = $1 and e.position = page.position
left join party p on p.log = $1 and p.party = l.owner
left join line o on o.log = $1 and o.line = l.line
order by l.position, l.layer, l.owner, l.account, l.currency
