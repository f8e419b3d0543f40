-- Debits and credits of settled accounts of a month, summed by day (or over the month), account, currency and, where asked
-- for, party. The day is the business day in the book's zone, kept inside the month that the legs are stamped with: what
-- points back counts on its first day.
select case when $3 then least(greatest((l.at at time zone $4)::date, $5::date), $6::date) else $6::date end as day,
       get_byte(uuid_send(l.owner), 0) as tag, l.account, l.currency,
       case when $7 then l.owner end as owner, case when $7 then p.name end as name,
       coalesce(sum(-l.amount::numeric) filter (where l.amount < 0), 0)::bigint as debits,
       coalesce(sum(l.amount::numeric) filter (where l.amount > 0), 0)::bigint as credits,
       count(distinct l.position)
from leg l
left join party p on $7 and p.log = $1 and p.party = l.owner
where l.log = $1 and l.layer = 1 and l.period = $2
group by 1, 2, 3, 4, 5, 6
order by 1, 4, 2, 3, 5
