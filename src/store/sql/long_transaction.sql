-- For folds of a whole log: between two fetches the client works.
select set_config('idle_in_transaction_session_timeout', '10min', true),
       set_config('lock_timeout', '30s', true),
       set_config('work_mem', '64MB', true)
