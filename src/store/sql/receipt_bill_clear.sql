-- What a receipt settles is written as a whole.
delete from receipt_bill
where log = $1 and receipt = any($2::uuid[])
