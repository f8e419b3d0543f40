select sheet, sha256, suspended from settlement_sheet where log = $1 and run = $2 and party > $3 and party <= $4
