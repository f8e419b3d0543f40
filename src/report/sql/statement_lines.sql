-- Legs of a settled account stamped with a period, up to a position and after another, each with the sum of the
-- period's legs so far.
select l.position, l.at, e.id, e.kind, l.currency, l.amount, l.so_far, l.points_back_to, l.line, o.line_no, o.order_no,
       case when e.kind = 'adjustment.posted' then substring(e.payload from '"purpose":"([a-z_]+)"') end,
       c.contract, c.external_id
from (
    select position, at, currency, amount, points_back_to, line,
           (sum(amount) over (partition by currency order by position))::bigint as so_far
    from leg
    where log = $1 and owner = $3 and account = $4 and layer = 1 and period = $5 and position <= $2
) l
join event e on e.log = $1 and e.position = l.position
left join line o on o.log = $1 and o.line = l.line
left join contract c on c.log = $1 and c.contract = e.stream and e.slice = 37
where (l.position, l.currency) > ($6, $8)
order by l.position, l.currency
limit $7
