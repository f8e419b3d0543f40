-- The book's time: that of its own clock ($1), where it has one, else the database's.
select coalesce($1::timestamptz, clock_timestamp())
