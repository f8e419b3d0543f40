-- A party and those it has, or had, a contract with.
select p.party, p.external_id, p.name, p.entity, p.suspended and p.party = $6, p.script
from (
    select $6::uuid as party
    union
    select m.upper from membership m where m.log = $1 and m.member = $6
    union
    select m.member from membership m where m.log = $1 and m.upper = $6
) own
join party p on p.log = $1 and p.party = own.party
where p.party > $2 and p.party >= $3 and p.party <= $4
order by p.party
limit $5
