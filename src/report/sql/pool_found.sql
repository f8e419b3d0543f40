-- The first $17 entries that match, counted in all and by facet: a mask of zero bits says which columns a row counts.
-- Words ($3 all of them; $4, $5, $6 any of them each) go through their index; the rest is looked at in the entries found.
with hit as materialized (
    select category, source, price_band, rate_band, dropship, sample, ships_within
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
select grouping(category, source, price_band, rate_band, dropship, sample, ships_within) as mask,
       category, source, price_band, rate_band, dropship, sample, ships_within, count(*) as entries
from hit
group by grouping sets ((), (category), (source), (price_band), (rate_band), (dropship), (sample), (ships_within))
