-- Parties that months up to one moved.
select count(*) from (
    select owner from total
    where log = $1 and layer = 1 and period <= $2 and owner > '00000000-0000-0000-0000-000000000000'
    group by owner
) o
