-- Lines with settled legs stamped into a month, up to a position: what the payer owes of each, what fee takers, agencies
-- and anchors have of it. Claw-backs that are due and not deducted yet are in none of them but the payer's.
select l.line, ln.line_no, ln.promoter,
       coalesce(sum(-l.amount) filter (where l.account in (6, 7)), 0)::bigint,
       coalesce(sum(l.amount) filter (where l.account in (1, 2, 4, 5)
           and get_byte(uuid_send(l.owner), 0) in (166, 167)), 0)::bigint,
       coalesce(sum(l.amount) filter (where l.account in (1, 2, 4, 5)
           and get_byte(uuid_send(l.owner), 0) = 162), 0)::bigint,
       coalesce(sum(l.amount) filter (where l.account in (1, 2, 4, 5)
           and get_byte(uuid_send(l.owner), 0) in (161, 165)), 0)::bigint
from leg l
join line ln on ln.log = l.log and ln.line = l.line
where l.log = $1 and l.layer = 1 and l.period = $2 and l.position <= $3 and l.line is not null
  and l.currency = $4 and ($5::text is null or ln.platform = $5)
group by l.line, ln.line_no, ln.promoter
