-- Terms of settlement of a book, in order of setting, up to a position.
select payload from event
where log = $1 and stream = $2 and kind = 'settlement.terms_set' and position <= $3
order by version
