-- Frozen money after an id; of one party ($4), or one freeze ($5), when given.
select f.hold, f.party, t.name, f.currency, f.held, f.lifted, f.forfeited, f.reason, f.at
from money_freeze f
left join party t on t.log = f.log and t.party = f.party
where f.log = $1 and f.hold > $2 and ($4::uuid is null or f.party = $4) and ($5::uuid is null or f.hold = $5)
order by f.hold
limit $3
