-- Movements of cash in a statement that belong to no line, in order of rows.
select row, tag, amount, currency from recon_row
where book = $1 and reconciliation = $2 and line is null and tag is not null
order by row, nth
