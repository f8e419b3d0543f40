-- What a party's own settled money moved, by accounting month, kind of event and direction: available, frozen, held, paid
-- directly, and as a brand commission; with the income of the book itself ($4) as well. Payments and receipts of money and
-- what was brought over are no income. Up to a position.
select l.period, e.kind, l.amount > 0, l.currency, sum(l.amount)::bigint, count(distinct l.position)
from leg l
join event e on e.log = $1 and e.position = l.position
where l.log = $1 and l.position <= $2 and l.layer = 1
  and (l.owner = $3::uuid and l.account in (1, 2, 4, 5, 6)
       or $4 and l.owner = '00000000-0000-0000-0000-000000000000' and l.account = 8)
  and e.kind not like 'payment.%' and e.kind not like 'receipt.%' and e.kind not like 'cutover.%'
  and ($5::integer is null or l.period = $5)
group by 1, 2, 3, 4
order by 1, 4, 2, 3
