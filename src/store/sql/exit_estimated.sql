-- What is estimated on an account of a party, by currency, as of a position.
select currency, sum(amount)::bigint from leg
where log = $1 and owner = $2 and account = $3 and layer = 0 and position <= $4
group by currency
