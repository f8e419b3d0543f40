-- Breaks of reconciliations by class and state as of the book's time ($3). A break's state is what was decided about it
-- last, in any run; a decision lapses when its adjustment was refused or the day it waited for has come.
select b.reconciliation, b.class, s.state, count(*)
from recon_break b
left join lateral (
    select r.how, r.until, r.approval from recon_resolution r
    where r.log = $1 and r.break_id = b.break_id order by r.position desc limit 1) r on true
left join approval a on a.log = $1 and a.approval = r.approval
cross join lateral (select case
    when r.how is null or r.how = 'accepted' and (a.status in ('refused', 'withdrawn') or r.until <= $3) then 'open'
    else r.how end as state) s
where b.book = (select l.book from log l where l.log = $1) and b.reconciliation = any($2)
group by 1, 2, 3
order by 1, 2, 3
