-- What a close cannot do without: the month of every party, account and currency, summed once.
select count(*), sum(amount)::text
from (
    select owner, account, currency, sum(amount) as amount
    from leg
    where log = $1 and layer = 1 and period <= $2
    group by owner, account, currency
) s
