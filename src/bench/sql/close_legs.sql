select count(*) from leg where log = $1 and layer = 1 and period <= $2
