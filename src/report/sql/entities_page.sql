-- Legal entities after an id, with how many parties and shops belong to each.
select e.entity, e.external_id, e.name,
       (select count(*) from party p where p.log = $1 and p.entity = e.entity) as parties,
       (select count(*) from shop s where s.log = $1 and s.entity = e.entity) as shops
from entity e
where e.log = $1 and e.entity > $2
order by e.entity
limit $3
