-- One account's latest legs through its index: what any page about the account must at least read.
select position, amount, balance, period
from leg
where log = $1 and owner = $2 and account = $3 and layer = $4 and currency = $5
order by position desc
limit 1
