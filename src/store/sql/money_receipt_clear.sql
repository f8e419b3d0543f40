-- A receipt of money is written anew whenever it changes: one that was taken back has no row.
delete from money_receipt
where log = $1 and receipt = any($2::uuid[])
