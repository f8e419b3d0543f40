-- Parties after an id, inside a range of ids.
select party, external_id, name, entity, suspended, script from party
where log = $1 and party > $2 and party >= $3 and party <= $4
order by party
limit $5
