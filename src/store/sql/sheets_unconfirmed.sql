select count(*) from settlement_sheet
where log = $1 and run = $2 and payable > 0 and not held_back and status not in ('confirmed', 'deemed_confirmed')
