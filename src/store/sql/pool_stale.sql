-- Items of the pool that a rule told after $2 and up to $3 may concern, or every one after a formula, or whose figures are due
-- by $4; by item, after $5.
select entry from (
    select p.entry
    from rule r
    join pool_entry p on p.log = r.log and p.shop = r.shop
    where r.log = $1 and r.position > $2 and r.position <= $3 and r.shop is not null and p.listed and p.entry > $5
    union
    select p.entry
    from rule r
    join pool_entry p on p.log = r.log and p.entry = r.item
    where r.log = $1 and r.position > $2 and r.position <= $3 and p.listed and p.entry > $5
    union
    select p.entry
    from pool_entry p
    where p.log = $1 and p.listed and p.source = 'item' and p.entry > $5
      and exists (
          select 1
          from log l
          join event e on e.log = l.log and e.stream = l.book and e.kind = 'formula.set'
          where l.log = $1 and e.position > $2 and e.position <= $3
      )
    union
    select entry from pool_entry where log = $1 and due <= $4 and listed and source = 'item' and entry > $5
) as stale
order by entry
limit $6
