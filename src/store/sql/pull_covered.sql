select source, account, lower(span), upper(span)
from pull_source, unnest(covered) as span where book = $1 order by source, lower(span)
