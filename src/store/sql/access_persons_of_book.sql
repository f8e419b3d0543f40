-- Persons of a book with the roles of their working keys.
select person, array_agg(distinct role order by role), count(*)
from api_key
where book = $1 and ($2::uuid is null or person > $2)
group by person
order by person
limit $3
