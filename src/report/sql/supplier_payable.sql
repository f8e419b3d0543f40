-- What is owed to each supplier by its purchases, by currency and who pays, after a key ($3, $4, $5); of one supplier ($2)
-- when given.
select p.supplier, t.name, p.currency, p.pays, count(*), sum(p.cost)::bigint, sum(p.due)::bigint, sum(p.paid)::bigint,
       sum(p.repaid)::bigint, sum(p.due - p.paid + p.repaid)::bigint
from purchase p
left join party t on t.log = p.log and t.party = p.supplier
where p.log = $1 and ($2::uuid is null or p.supplier = $2) and (p.supplier, p.currency, p.pays) > ($3, $4, $5)
group by p.supplier, t.name, p.currency, p.pays
order by p.supplier, p.currency, p.pays
limit $6
