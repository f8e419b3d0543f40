-- The member of a contract.
select member from membership where log = $1 and membership = $2 limit 1
