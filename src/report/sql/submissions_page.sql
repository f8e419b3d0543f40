-- Submissions after an id that a viewer may see ($4: its own, those for it, those for an anchor that it is the agency of; null:
-- everything), with a status, number or id, of an anchor or submitter, when given.
select s.submission, s.external_id, s.by, s.anchor, s.target, s.title, s.category, s.show, s.show_at, s.status, s.place,
       s.closed, s.currency, s.lost
from submission s
join log l on l.log = s.log
where s.log = $1 and s.submission > $2
  and ($4::uuid is null or s.by = $4 or s.anchor = $4 or exists (
      select 1
      from membership m
      where m.log = s.log and m.upper = $4 and m.member = s.anchor and m.from_at <= l.recorded_at
        and (m.to_at is null or m.to_at > l.recorded_at)
  ))
  and ($5::text is null or s.status = $5)
  and ($6::text is null or s.external_id = $6)
  and ($7::uuid is null or s.submission = $7)
  and ($8::uuid is null or s.anchor = $8)
  and ($9::text is null or s.show = $9)
order by s.submission
limit $3
