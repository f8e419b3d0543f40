-- The last run of a file with a mapping over a month.
select reconciliation, run, content from reconciliation
where log = $1 and file = $2 and mapping_sha256 = $3 and platform = $4 and period = $5
order by run desc limit 1
