-- The last run of a file with a mapping over a month of a platform, an account or a shop.
select reconciliation, run, content from reconciliation
where log = $1 and file = $2 and mapping_sha256 = $3 and platform = $4 and period = $5 and account = $6 and shop = $7
order by run desc limit 1
