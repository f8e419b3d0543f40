-- Rules after an id; of one brand ($4), or one rule ($5), when given.
select rule, shelf from rule
where log = $1 and rule > $2 and ($4::uuid is null or brand = $4) and ($5::uuid is null or rule = $5)
order by rule
limit $3
