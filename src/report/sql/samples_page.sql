-- Samples after an id and number, as they stand: of a party as holder or provider ($5), of a holder ($6), of a provider ($7),
-- in a standing ($8), with the holder or on their way only ($9), or of one stream ($10), when given.
select s.sample, s.number, s.holder, h.name, s.provider, s.item, s.offer, s.name, s.units, s.standing, s.currency, s.deposit,
       s.loss_price, s.charged, s.asked_at, s.sent_at, s.return_by
from sample s
left join party h on h.log = s.log and h.party = s.holder
where s.log = $1 and (s.sample, s.number) > ($2, $3)
  and ($5::uuid is null or s.holder = $5 or s.provider = $5)
  and ($6::uuid is null or s.holder = $6)
  and ($7::uuid is null or s.provider = $7)
  and ($8::text is null or s.standing = $8)
  and (not $9 or s.standing in ('sent', 'received'))
  and ($10::uuid is null or s.sample = $10)
order by s.sample, s.number
limit $4
