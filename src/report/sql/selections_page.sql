-- Selections after an id, of a party or of the book itself ($4), or one of them ($5).
select selection, name, entries, query from selection
where log = $1 and selection > $2 and party is not distinct from $4::uuid and ($5::uuid is null or selection = $5)
order by selection
limit $3
