-- Legs of a settled account stamped up to a month and recorded after one position and up to another: what lies between two
-- statements of the month, each leg with the sum so far. After a position and currency.
select l.position, e.recorded_at, l.at, e.kind, l.currency, l.amount, l.so_far, l.period, l.points_back_to, o.line_no,
       case when e.kind = 'adjustment.posted' then substring(e.payload from '"purpose":"([a-z_]+)"') end
from (
    select position, at, currency, amount, period, points_back_to, line,
           (sum(amount) over (partition by currency order by position))::bigint as so_far
    from leg
    where log = $1 and owner = $4 and account = $5 and layer = 1 and period <= $6 and position > $2 and position <= $3
) l
join event e on e.log = $1 and e.position = l.position
left join line o on o.log = $1 and o.line = l.line
where (l.position, l.currency) > ($7, $9)
order by l.position, l.currency
limit $8
