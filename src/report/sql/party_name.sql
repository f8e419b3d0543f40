-- The name of a party.
select name from party where log = $1 and party = $2
