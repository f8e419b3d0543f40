-- What a log's accounts hold, without their owners' ids, which differ from book to book: kind of owner, account, layer, sum.
select get_byte(uuid_send(owner), 0), account, layer, sum(amount)::text
from leg where log = $1
group by 1, 2, 3
order by 1, 2, 3
