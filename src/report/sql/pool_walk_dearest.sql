-- A page of the entries that match, when they are many: along the index of price, so that the page is full soon. What else
-- is asked for stands inside a case, whose share the planner takes for a half: it must neither gather every entry that
-- has a common word, nor sort them.
-- Words are looked at last, as patterns ($3 all of them, $4 to $6 any of them each).
select entry, source, owner, title, category, currency, price, rate, commission, margin, sales, refund_rate, score,
       min_order, ships_within, dropship, sample, stock, price::bigint as key
from pool_entry
where log = $1 and currency = $2 and listed
  and ($7::bigint is null or price >= $7)
  and ($8::bigint is null or price between 0 and $8)
  and ($17::bigint is null or (price, entry) < ($17, $18::uuid))
  and case when
      ($9::integer is null or rate >= $9)
      and ($10::integer is null or rate between 0 and $10)
      and ($11::bigint is null or commission >= $11)
      and ($12::bigint is null or sales >= $12)
      and ($13::integer is null or refund_rate between 0 and $13)
      and ($14::integer is null or score >= $14)
      and ($15::bigint is null or min_order <= $15)
      and ($16::integer is null or ships_within between 0 and $16)
      and (' ' || tokens || ' ') like all ($3::text[])
      and (cardinality($4::text[]) = 0 or (' ' || tokens || ' ') like any ($4))
      and (cardinality($5::text[]) = 0 or (' ' || tokens || ' ') like any ($5))
      and (cardinality($6::text[]) = 0 or (' ' || tokens || ' ') like any ($6))
      then true else false end
order by price desc, entry desc
limit $19
