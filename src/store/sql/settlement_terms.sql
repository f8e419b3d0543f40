select payload from event where log = $1 and stream = $2 and kind = 'settlement.terms_set' order by version
