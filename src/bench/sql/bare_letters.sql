-- The index of letters alone: as many of the entries with a word like this as a search counts.
select count(*)
from (
    select 1
    from pool_entry
    where log = $1 and listed and latin <> '' and latin %> $2
    limit $3
) as hit
