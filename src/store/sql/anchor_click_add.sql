-- The arrays hold each anchor once, in order.
insert into anchor_click (log, anchor, clicks, won)
select $1, c.*
from unnest($2::uuid[], $3::bigint[], $4::bigint[]) as c
on conflict (log, anchor) do update
set clicks = anchor_click.clicks + excluded.clicks, won = anchor_click.won + excluded.won
