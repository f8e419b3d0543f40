-- A run by its id.
select run, file, platform, period, of_position from reconciliation where log = $1 and reconciliation = $2
