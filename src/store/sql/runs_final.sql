select run, period, reckoned_at, exit_of from settlement_run
where log = $1 and stage in ('issued', 'locked') and reckoned_at is not null
order by period, number, started_at
