-- $1 is the role to take, or 'none'. Zones and timeouts are the program's own, whatever the server's defaults are.
-- A wrong letter leaves less than half of the letters' triples of a word as they were.
-- Look-ups of many keys have high estimates and short runs: compiling them would cost more than running them.
select set_config('role', $1, false),
       set_config('TimeZone', 'UTC', false),
       set_config('lock_timeout', '2s', false),
       set_config('idle_in_transaction_session_timeout', '5s', false),
       set_config('jit', 'off', false),
       set_config('pg_trgm.word_similarity_threshold', '0.3', false),
       set_config('client_min_messages', 'warning', false)
