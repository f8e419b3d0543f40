select count(*) from settlement_sheet where log = $1 and run = $2
