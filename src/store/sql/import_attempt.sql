-- The last attempt at a file with a mapping.
select import, attempt, state from import
where log = $1 and digest = $2 and mapping_digest = $3
order by attempt desc
limit 1
