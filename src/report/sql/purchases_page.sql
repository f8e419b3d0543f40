-- Purchases after an id, as they stand: of a party as its buyer or its supplier ($4), in a phase ($5), of a kind ($6), of a
-- supplier ($7), of a buyer ($8), with an outside number or the book's own ($9), or one of them ($10), when given.
select purchase, external_id, source, order_no, kind, phase, buyer, supplier, pays, currency, cost, due, paid, repaid, sold,
       charges, margin, ordered_at, pay_by
from purchase
where log = $1 and purchase > $2
  and ($4::uuid is null or buyer = $4 or supplier = $4)
  and ($5::text is null or phase = $5)
  and ($6::text is null or kind = $6)
  and ($7::uuid is null or supplier = $7)
  and ($8::uuid is null or buyer = $8)
  and ($9::text is null or order_no = $9 or external_id = $9)
  and ($10::uuid is null or purchase = $10)
order by purchase
limit $3
