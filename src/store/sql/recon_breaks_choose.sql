-- Breaks of a run that nobody decided yet ($7: the book's time), by numbers ($4), class ($5) or all, in order of numbers.
-- One that was parked may be decided; so may one whose adjustment was refused, or whose day has come.
select b.number, b.break_id, b.class, b.cause, b.proposal, b.difference, b.currency, b.until, b.facts, b.adjust, b.component,
    b.line_no, b.row
from recon_break b
left join lateral (
    select r.how, r.until, r.approval from recon_resolution r
    where r.log = $1 and r.break_id = b.break_id order by r.position desc limit 1) r on true
left join approval a on a.log = $1 and a.approval = r.approval
where b.book = $2 and b.reconciliation = $3
  and ($4::int[] is null or b.number = any($4)) and ($5::text is null or b.class = $5)
  and (r.how is null or (r.how = 'parked' and $8) or (r.how = 'accepted' and (a.status in ('refused', 'withdrawn') or r.until <= $7)))
order by b.number
limit $6
