select current_setting('server_version_num')::int,
       current_setting('fsync') = 'on',
       current_setting('full_page_writes') = 'on',
       current_setting('synchronous_commit') <> 'off',
       current_setting('max_prepared_transactions')::int = 0,
       current_setting('server_encoding') = 'UTF8',
       has_table_privilege('event', 'UPDATE') or has_table_privilege('event', 'DELETE')
           or has_table_privilege('event', 'TRUNCATE')
