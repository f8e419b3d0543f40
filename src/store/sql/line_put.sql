insert into line (log, line, platform, line_no, order_no, buyer, item, shop, at, promoter, status, pinned, currency,
                  position, waits, account, pid, nick, room)
select $1, l.*
from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::uuid[], $9::timestamptz[],
            $10::uuid[], $11::smallint[], $12::boolean[], $13::text[], $14::bigint[], $15::text[], $16::text[],
            $17::text[], $18::text[], $19::text[]) as l
on conflict (log, line) do update
set order_no = excluded.order_no, buyer = excluded.buyer, item = excluded.item, shop = excluded.shop,
    at = excluded.at, promoter = excluded.promoter, status = excluded.status, pinned = excluded.pinned,
    currency = excluded.currency, position = excluded.position, waits = excluded.waits, account = excluded.account,
    pid = excluded.pid, nick = excluded.nick, room = excluded.room
