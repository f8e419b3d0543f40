-- Where a rule stands, and whose it is.
select shelf, brand from rule where log = $1 and rule = $2
