-- The events of a log with their legs, account names spelled out and sorted, for a plain SQL function to post again.
select e.stream, e.version, e.kind, e.payload,
       coalesce(array_agg(l.name order by l.name) filter (where l.name is not null), '{}') as accounts,
       coalesce(array_agg(l.amount order by l.name) filter (where l.name is not null), '{}') as amounts
from event e
left join lateral (
    select owner || '/' || account || '/' || layer || '/' || currency as name, amount
    from leg
    where log = $1 and position = e.position
) l on true
where e.log = $1 and e.position > $2 and e.position <= $3
group by e.position, e.stream, e.version, e.kind, e.payload
order by e.position
