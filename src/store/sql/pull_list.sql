select source, api, account, starts_at, reached, window_from, window_to, pages, rows, facts, rejected,
    failures, wait_until, last_error, pulled_at, coalesce(lease_until > clock_timestamp(), false)
from pull_source where book = $1 order by source
