-- now() is the start of the transaction, before the lock was had.
select clock_timestamp()
