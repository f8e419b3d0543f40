select period, number, stage, reckoned_at from settlement_run where log = $1 and run = $2
