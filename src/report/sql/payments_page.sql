-- Payments made outside after an id; of one party ($4), or one payment ($5), when given.
select p.payment, p.party, t.name, p.currency, p.amount, p.advance, p.channel, p.reference, p.paid_on, p.returned_on, p.note
from payment p
left join party t on t.log = p.log and t.party = p.party
where p.log = $1 and p.payment > $2 and ($4::uuid is null or p.party = $4) and ($5::uuid is null or p.payment = $5)
order by p.payment
limit $3
