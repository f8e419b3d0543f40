-- The next contracts whose share has tiers on the month, that began before an instant.
select membership, member, min(from_at)
from membership
where log = $1 and membership > $2 and from_at < $3 and share like '%"tiers":{%'
group by membership, member
order by membership
limit $4
