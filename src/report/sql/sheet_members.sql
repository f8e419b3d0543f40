-- What an agency's month came from: its legs by the anchor of the line, up to a position.
select p.promoter, coalesce(pt.name, ''), count(*), sum(l.amount)::bigint
from leg l
left join pin p on p.log = $1 and p.position = l.pin
left join party pt on pt.log = $1 and pt.party = p.promoter
where l.log = $1 and l.layer = 1 and l.period = $2 and l.owner = $3 and l.position <= $4 and l.currency = $5
  and l.account = $6 and l.line is not null and coalesce(p.promoter, '00000000-0000-0000-0000-000000000000') > $7
group by p.promoter, pt.name
order by p.promoter nulls first
limit $8
