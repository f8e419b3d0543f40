-- What is known of every anchor ($9 to $10 are the ids of anchors) that may be paid: sales of a category ($2 to $3) in months
-- ($4 to $5) and a currency ($6), of which in price bands ($7) and to a segment ($8); its contracts; clicks and the lines
-- they won, over all logs of the book; and whether it is under an agency ($11) now ($12).
select p.party, p.name, c.card,
       coalesce(s.sales, 0), coalesce(s.paid, 0), coalesce(s.refunded, 0), coalesce(s.told, 0), coalesce(s.reached, 0),
       coalesce(w.settled, 0), coalesce(w.punctual, 0), coalesce(w.late, 0), coalesce(w.stars, 0), coalesce(w.ratings, 0),
       coalesce(k.clicks, 0), coalesce(k.won, 0),
       $11::uuid is null or exists (
           select 1 from membership m
           where m.log = $1 and m.member = p.party and m.upper = $11 and m.scope in ('all', 'vtask')
             and m.from_at <= $12 and (m.to_at is null or m.to_at > $12))
from party p
left join anchor_card c on c.log = $1 and c.anchor = p.party
left join (
    select anchor, (sum(paid) filter (where band = any($7)))::bigint as sales, sum(paid)::bigint as paid,
           sum(refunded)::bigint as refunded, (sum(paid) filter (where segment <> ''))::bigint as told,
           (sum(paid) filter (where segment = $8))::bigint as reached
    from anchor_sale
    where log = $1 and category >= $2 and category <= $3 and month >= $4 and month <= $5 and currency = $6
    group by anchor
) s on s.anchor = p.party
left join (
    select anchor, count(*) filter (where phase = 'settled' and delivered) as settled, sum(punctual)::bigint as punctual,
           sum(late)::bigint + count(*) filter (where phase = 'cancelled_by_anchor') as late,
           sum(stars)::bigint as stars, count(stars) as ratings
    from contract
    where log = $1 and anchor is not null
    group by anchor
) w on w.anchor = p.party
left join (
    select c.anchor, sum(c.clicks)::bigint as clicks, sum(c.won)::bigint as won
    from log this
    join log own on own.book = this.book and own.successor is null
    -- OFFSET 0 keeps the look-up a look-up: one range of the primary key for each log of the book.
    cross join lateral (select anchor, clicks, won from anchor_click where log = own.log offset 0) c
    where this.log = $1
    group by c.anchor
) k on k.anchor = p.party
where p.log = $1 and p.party >= $9 and p.party <= $10 and not p.suspended
order by p.party
