select sheet, sha256 from settlement_sheet where log = $1 and run = $2 and party > $3 and party <= $4
