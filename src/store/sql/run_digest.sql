-- Sums over the sheets of a run by currency, and in the row without one the digest over their hashes.
select currency, count(*), sum(payable)::bigint, coalesce(sum(carried) filter (where account = 1), 0)::bigint, null::text
from settlement_sheet
where log = $1 and run = $2
group by currency
union all
select null, count(*), null, null,
       encode(sha256(convert_to(coalesce(string_agg(sha256, e'\n' order by party, currency collate "C"), ''), 'UTF8')), 'hex')
from settlement_sheet
where log = $1 and run = $2
