insert into sample (log, sample, number, holder, provider, item, offer, name, units, standing, currency, deposit, loss_price,
                    charged, asked_at, sent_at, return_by, position)
select $1, s.*
from unnest($2::uuid[], $3::integer[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::bigint[], $10::text[],
            $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::timestamptz[], $16::timestamptz[],
            $17::timestamptz[], $18::bigint[]) as s
on conflict (log, sample, number) do update
set standing = excluded.standing, currency = excluded.currency, deposit = excluded.deposit, loss_price = excluded.loss_price,
    charged = excluded.charged, sent_at = excluded.sent_at, return_by = excluded.return_by, position = excluded.position
