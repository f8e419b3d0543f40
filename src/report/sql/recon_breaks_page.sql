-- Breaks of a reconciliation after a number, with what was decided about each last and since when it is known; of a class
-- ($5), state ($6), proposal ($8) or line number ($9), when given. State as in recon_counts ($7: the book's time).
select b.number, b.break_id, b.class, b.cause, b.component, b.line, b.line_no, b.case_no, b.row, b.currency, b.ours_text,
    b.theirs_text, b.ours is not null or b.theirs is not null, b.difference, b.proposal, coalesce(r.until, b.until), s.state,
    r.reason, r.by, r.at, r.approval,
    (select min(n.made_at) from recon_break o
     join reconciliation n on n.log = $1 and n.reconciliation = o.reconciliation
     where o.book = b.book and o.break_id = b.break_id)
from recon_break b
left join lateral (
    select r.how, r.until, r.approval, r.reason, r.by, r.at from recon_resolution r
    where r.log = $1 and r.break_id = b.break_id order by r.position desc limit 1) r on true
left join approval a on a.log = $1 and a.approval = r.approval
cross join lateral (select case
    when r.how is null or r.how = 'accepted' and (a.status in ('refused', 'withdrawn') or r.until <= $7) then 'open'
    else r.how end as state) s
where b.book = (select l.book from log l where l.log = $1) and b.reconciliation = $2 and b.number > $3
  and ($5::text is null or b.class = $5) and ($6::text is null or s.state = $6)
  and ($8::text is null or b.proposal = $8) and ($9::text is null or b.line_no = $9)
order by b.number
limit $4
