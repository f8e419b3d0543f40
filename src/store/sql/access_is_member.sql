-- Whether a party has, or had, a contract with an upper.
select exists (select 1 from membership where log = $1 and upper = $2 and member = $3)
