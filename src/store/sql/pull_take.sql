-- Takes a source for two minutes, new or given back or left behind; another server that is at it keeps it.
insert into pull_source (book, source, api, account, query, starts_at, reached, lease_owner, lease_until)
values ($1, $2, $3, $4, $5, $6, $6, $7, clock_timestamp() + interval '2 minutes')
on conflict (book, source) do update set
    starts_at = excluded.starts_at,
    lease_owner = excluded.lease_owner,
    lease_until = excluded.lease_until
where pull_source.lease_until is null
   or pull_source.lease_until < clock_timestamp()
   or pull_source.lease_owner = excluded.lease_owner
returning query, reached, window_from, window_to, place, failures, refusals, wait_until
