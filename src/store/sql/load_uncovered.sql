-- Open contracts of brands ($2) that are short of what their terms need.
select brand, contract, currency, uncovered from contract
where log = $1 and brand = any($2) and uncovered > 0
order by brand, contract
