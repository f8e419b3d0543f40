-- What receipts of money (slice 29) settled, and no longer settle, up to a position.
select kind, schema, payload from event
where log = $1 and slice = 29 and position <= $2
order by position
