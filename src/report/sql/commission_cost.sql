-- What payers were charged for commission, by payer and shop of the line; of one accounting month ($5) the settled part,
-- estimates as they stand. What a payer paid (receipts) and what was brought over is no cost. Owners from $3 to $4.
-- Up to a position.
select l.owner, p.shop, l.currency, count(distinct l.line),
       -coalesce(sum(l.amount) filter (where l.layer = 1 and l.amount < 0), 0)::bigint,
       -coalesce(sum(l.amount) filter (where l.layer = 1 and l.amount > 0), 0)::bigint,
       -coalesce(sum(l.amount) filter (where l.layer = 0), 0)::bigint
from leg l
left join pin p on p.log = $1 and p.position = l.pin
where l.log = $1 and l.position <= $2 and l.account in (6, 7) and l.owner >= $3 and l.owner <= $4
  and (l.layer = 0 or $5::integer is null or l.period = $5)
  and (l.line is not null
       or exists (select 1 from event e
                  where e.log = $1 and e.position = l.position and e.kind = 'adjustment.posted'))
group by l.owner, p.shop, l.currency
having bool_or(l.layer = 1) or sum(l.amount) <> 0
