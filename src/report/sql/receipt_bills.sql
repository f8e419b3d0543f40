-- What receipts settle.
select b.receipt, b.owner, t.name, b.account, b.period, b.currency, b.amount
from receipt_bill b
left join party t on t.log = b.log and t.party = b.owner
where b.log = $1 and b.receipt = any($2)
order by b.receipt, b.nth
