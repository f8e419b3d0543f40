-- Purchases with what the ledger accrued for goods and freight beside the supplier's final bill, after an id; of one supplier
-- ($3) when given. Without a bill nothing is said of a difference.
select p.purchase, p.order_no, p.supplier, t.name, p.currency, p.phase, p.cost - p.corrected, p.bill_no, p.billed,
       p.billed - p.accrued, p.corrected
from purchase p
left join party t on t.log = p.log and t.party = p.supplier
where p.log = $1 and p.purchase > $2 and ($3::uuid is null or p.supplier = $3)
order by p.purchase
limit $4
