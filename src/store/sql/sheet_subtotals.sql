-- For those of these parties that have stood under several terms: what the lines of a month came to under each, by the
-- terms in force when the line was pinned.
with several as (
    select member from membership
    where log = $1 and member = any($4) and scope in ('all', 'cps')
    group by member
    having count(*) > 1
)
select l.owner, l.currency, m.membership, m.from_at, m.upper, sum(l.amount)::bigint, count(*)
from several s
join leg l on l.log = $1 and l.owner = s.member and l.layer = 1 and l.period = $3 and l.account = 1 and l.position <= $2
join pin p on p.log = $1 and p.position = l.pin
join membership m on m.log = $1 and m.member = s.member and m.scope in ('all', 'cps')
                 and m.from_at <= p.at and (m.to_at is null or p.at < m.to_at)
group by l.owner, l.currency, m.membership, m.from_at, m.upper
order by l.owner, l.currency, m.from_at, m.membership
