-- One rebuild of a log at once; the lock ends with the transaction.
select pg_try_advisory_xact_lock($1)
