-- What suppliers did with our orders, those ordered since $3 and before $4 when given, after a supplier ($5); of one ($2) when
-- given: orders, hours from payment to first dispatch with how many were sent and how many within 24 and 48 hours, units that
-- arrived and were found bad, and hours from a complaint to the supplier's refund.
select p.supplier, t.name, count(*), min(p.ordered_at), max(p.ordered_at),
       count(*) filter (where p.shipped_at >= p.paid_at),
       (avg(extract(epoch from p.shipped_at - p.paid_at)) filter (where p.shipped_at >= p.paid_at))::bigint,
       count(*) filter (where p.shipped_at >= p.paid_at and p.shipped_at - p.paid_at <= interval '24 hours'),
       count(*) filter (where p.shipped_at >= p.paid_at and p.shipped_at - p.paid_at <= interval '48 hours'),
       coalesce(sum(l.received), 0)::bigint, coalesce(sum(l.rejected), 0)::bigint,
       count(*) filter (where p.refunded_at >= p.complained_at),
       (avg(extract(epoch from p.refunded_at - p.complained_at)) filter (where p.refunded_at >= p.complained_at))::bigint
from purchase p
join (
    select log, purchase, sum(received) as received, sum(rejected) as rejected
    from purchase_line where log = $1 group by log, purchase
) l on l.log = p.log and l.purchase = p.purchase
left join party t on t.log = p.log and t.party = p.supplier
where p.log = $1 and ($2::uuid is null or p.supplier = $2) and p.supplier > $5
  and ($3::timestamptz is null or p.ordered_at >= $3) and ($4::timestamptz is null or p.ordered_at < $4)
group by p.supplier, t.name
order by p.supplier
limit $6
