-- What a party's own settled money moved, by accounting month, kind of event and direction: available, frozen, held, paid
-- directly, and as a brand commission; of the book itself (the nil uuid) its income. Payments and receipts of money and what
-- was brought over are no income. Up to a position.
select l.period, e.kind, l.amount > 0, l.currency, sum(l.amount)::bigint, count(distinct l.position),
       case when e.kind = 'adjustment.posted' then substring(e.payload from '"purpose":"([a-z_]+)"') end
from leg l
join event e on e.log = $1 and e.position = l.position
where l.log = $1 and l.position <= $2 and l.layer = 1
  and l.owner = any($3::uuid[])
  and case when l.owner = '00000000-0000-0000-0000-000000000000' then l.account = 8 else l.account in (1, 2, 4, 5, 6) end
  and e.kind not like 'payment.%' and e.kind not like 'receipt.%' and e.kind not like 'cutover.%'
  and ($4::integer is null or l.period = $4)
group by 1, 2, 3, 4, 7
order by 1, 4, 2, 7, 3
