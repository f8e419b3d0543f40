-- What another server touched since a position.
select distinct slice, stream from event where log = $1 and position > $2
