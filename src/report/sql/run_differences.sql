-- Sheets of a run beside those of another, by party and currency, where they differ in anything.
select coalesce(n.party, o.party), coalesce(p.name, ''), coalesce(n.currency, o.currency),
       n.sheet, o.sheet, n.opening, o.opening, n.parts, o.parts, n.closing, o.closing, n.payable, o.payable
from (select * from settlement_sheet where log = $1 and run = $2) n
full join (select * from settlement_sheet where log = $1 and run = $3) o
       on o.party = n.party and o.currency = n.currency
left join party p on p.log = $1 and p.party = coalesce(n.party, o.party)
where (coalesce(n.party, o.party), coalesce(n.currency, o.currency)) > ($4, $5)
  and (n.sheet is null or o.sheet is null
       or (n.opening, n.parts, n.closing, n.payable) is distinct from (o.opening, o.parts, o.closing, o.payable))
order by coalesce(n.party, o.party), coalesce(n.currency, o.currency)
limit $6
