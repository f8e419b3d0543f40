-- For exports, which work between two statements of one snapshot: a PDF is set, an archive written.
select set_config('idle_in_transaction_session_timeout', '10min', true)
