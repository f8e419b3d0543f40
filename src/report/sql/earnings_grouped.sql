-- What moved on a party's accounts up to a position, by a dimension of the pin of each line. Legs without a line have no
-- dimension, and the day of their own business time.
select case $4
           when 'day' then to_char(coalesce(p.at, l.at) at time zone $5, 'YYYY-MM-DD')
           when 'item' then p.item::text
           when 'room' then p.room
           when 'source' then p.source
           when 'phase' then p.phase
       end,
       l.currency, l.account, l.layer, sum(l.amount)::bigint
from leg l
left join pin p on p.log = $1 and p.position = l.pin
where l.log = $1 and l.owner = $3 and l.position <= $2
  and ($6::timestamptz is null or coalesce(p.at, l.at) >= $6)
  and ($7::timestamptz is null or coalesce(p.at, l.at) < $7)
group by 1, 2, 3, 4
