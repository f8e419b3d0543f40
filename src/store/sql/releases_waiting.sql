-- Lines that wait for a placement or a payer, where one may be known now; by line, after one.
select l.line
from line l
where l.log = $1 and l.waits is not null and l.line > $2
  and (
    exists (
        select 1
        from placement p
        where p.log = l.log and p.platform = l.platform and p.from_at <= l.at and (p.to_at is null or l.at < p.to_at)
          and (p.kind, p.number) in (('pid', l.pid), ('nick', l.nick), ('room', l.room), ('account', l.account))
    )
    or exists (select 1 from shop s where s.log = l.log and s.shop = l.shop)
  )
order by l.line
limit $3
