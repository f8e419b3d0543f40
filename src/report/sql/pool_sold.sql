-- What each promoter sold of an item, over its latest $3 pins: lines, lines with goods refunded, goods paid, and what moved on the
-- promoter's own accounts for them.
with recent as materialized (
    select distinct on (own.line) own.line, own.promoter, own.payable
    from (
        select line, promoter, payable, position from pin where log = $1 and item = $2 order by position desc limit $3
    ) own
    where own.promoter is not null
    order by own.line, own.position desc
)
select r.promoter, count(*) as lines,
       count(*) filter (where f.refunded > 0) as refunded, sum(r.payable)::bigint as paid,
       coalesce(sum(f.earned), 0)::bigint as earned, l.currency
from recent r
join line l on l.log = $1 and l.line = r.line
cross join lateral (
    select count(*) filter (where e.kind = 'refund_case.won') as refunded,
           sum((select sum(leg.amount) from leg where leg.log = $1 and leg.position = e.position and leg.owner = r.promoter)) as earned
    from event e
    where e.log = $1 and e.stream = r.line
) f
where l.currency is not null
group by r.promoter, l.currency
