-- Quotes after an id; of one viewer ($4), of an offer, used or not, or of one id, when given.
select quote, offer, version, buyer, kind, currency, quantity, total, valid_until, used_for from quote
where log = $1 and quote > $2
  and ($4::uuid is null or buyer = $4)
  and ($5::uuid is null or offer = $5)
  and ($6::boolean is null or (used_for is not null) = $6)
  and ($7::uuid is null or quote = $7)
order by quote
limit $3
