-- Reconciliations before a position, newest first; of one platform ($4), month ($5), or one of them ($6), when given.
select reconciliation, run, file, mapping, platform, period, rows, rejected, matched, of_position, position, made_at,
    account, shop
from reconciliation
where log = $1 and position < $2 and ($4::text is null or platform = $4) and ($5::int is null or period = $5)
  and ($6::uuid is null or reconciliation = $6)
order by position desc
limit $3
