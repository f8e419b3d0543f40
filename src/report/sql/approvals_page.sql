-- Approvals after an id; with one status ($4), or one approval ($5), when given; with $9 only those that the person $6 with
-- the role $7 may decide now: for itself, or for one who named it a substitute. A seat is taken once, by whomever.
with seat as (
    select $6::uuid as person, $7::text as roles
    where $6::uuid is not null
    union all
    select s.person, s.roles from substitute s
    where s.log = $1 and s.by = $6 and s.from_at <= coalesce($8, clock_timestamp()) and s.to_at > coalesce($8, clock_timestamp())
)
select a.approval, a.kind, a.maker, a.status, a.approvers, a.roles, a.agreed, e.payload, e.recorded_at,
    extract(epoch from coalesce($8, clock_timestamp()) - e.recorded_at)::bigint, coalesce(able.persons, '{}')
from approval a
join event e on e.log = a.log and e.stream = a.approval and e.version = 1
left join lateral (
    select array_agg(seat.person order by seat.person <> $6) as persons from seat
    where a.status = 'pending' and a.maker <> $6 and strpos(a.agreed, $6::text) = 0
      and seat.person <> a.maker and strpos(a.agreed, seat.person::text) = 0
      and (a.roles = '' or string_to_array(a.roles, ' ') && string_to_array(seat.roles, ' '))
) able on true
where a.log = $1 and a.approval > $2 and ($4::text is null or a.status = $4) and ($5::uuid is null or a.approval = $5)
  and (not $9 or able.persons is not null)
order by a.approval
limit $3
