-- Receipts of money in order of time after one of them; only those not wholly matched ($5), or one receipt ($6), when asked.
select r.receipt, r.source, r.account, r.flow_no, r.at, r.currency, r.amount, r.matched, r.payer, r.tag, r.memo
from money_receipt r
where r.log = $1 and (r.at, r.receipt) > ($2, $3) and (not $5 or r.matched <> r.amount) and ($6::uuid is null or r.receipt = $6)
order by r.at, r.receipt
limit $4
