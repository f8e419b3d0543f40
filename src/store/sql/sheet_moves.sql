-- What a month moved for these parties, up to a position: by account and part of the sheet; and, for each party and
-- currency, how many movements there were and the hash of their list. An index alone is read, no event.
with moved as materialized (
    select owner, currency, account, position, amount, part
    from leg
    where log = $1 and layer = 1 and period = $3 and owner = any($4) and position <= $2
)
select owner, currency, account, part, sum(amount)::bigint, count(*), null::text
from moved
group by owner, currency, account, part
union all
select owner, currency, null, null, null, count(*),
       encode(sha256(convert_to(string_agg(position || ' ' || account || ' ' || amount || e'\n', ''
                                           order by position, account), 'UTF8')), 'hex')
from moved
group by owner, currency
