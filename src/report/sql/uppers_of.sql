-- The parties above a party, in any of its contracts.
select distinct upper from membership where log = $1 and member = $2
