-- The index of words alone: as many of the entries that have them as a search counts.
select count(*)
from (
    select 1
    from pool_entry
    where log = $1 and listed and string_to_array(tokens, ' ') @> $2
    limit $3
) as hit
