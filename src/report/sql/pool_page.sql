-- A page of the entries that match, when they are few enough to be sorted ($17 of them at most): by $18, the largest key
-- first. A match is better the more it resembles what was asked ($19 a part of the title).
with hit as materialized (
    select entry, source, owner, title, category, currency, price, rate, commission, margin, sales, refund_rate, score,
           min_order, ships_within, dropship, sample, stock,
           case $18
               when 'match' then sales + case
                   when $19::text is not null and position($19 in lower(title)) > 0 then 1::bigint << 40
                   else 0 end
               when 'commission' then commission
               when 'rate' then rate
               when 'sales' then sales
               when 'price' then -price
               when 'dearest' then price
               when 'score' then score
           end as key
    from pool_entry
    where log = $1 and currency = $2 and listed
      and (cardinality($3::text[]) = 0 or string_to_array(tokens, ' ') @> $3)
      and (cardinality($4::text[]) = 0 or string_to_array(tokens, ' ') && $4)
      and (cardinality($5::text[]) = 0 or string_to_array(tokens, ' ') && $5)
      and (cardinality($6::text[]) = 0 or string_to_array(tokens, ' ') && $6)
      and ($7::bigint is null or price >= $7)
      and ($8::bigint is null or price between 0 and $8)
      and ($9::integer is null or rate >= $9)
      and ($10::integer is null or rate between 0 and $10)
      and ($11::bigint is null or commission >= $11)
      and ($12::bigint is null or sales >= $12)
      and ($13::integer is null or refund_rate between 0 and $13)
      and ($14::integer is null or score >= $14)
      and ($15::bigint is null or min_order <= $15)
      and ($16::integer is null or ships_within between 0 and $16)
    limit $17
)
-- What has no public price has no place in an order of prices.
select entry, source, owner, title, category, currency, price, rate, commission, margin, sales, refund_rate, score,
       min_order, ships_within, dropship, sample, stock, key
from hit
where ($18 <> 'price' or price >= 0) and ($20::bigint is null or (key, entry) < ($20, $21::uuid))
order by key desc, entry desc
limit $22
