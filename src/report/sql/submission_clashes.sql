-- What stands against a submission among others for the same anchor: the same goods in the same week ($3: the book's zone), a
-- rival that was promised to be alone then, or one that would be shown while this one is promised to be alone.
select case
           when o.target = s.target then 'same_item'
           when o.exclusive_from <= s.show_at and s.show_at <= o.exclusive_to then 'rival_exclusive'
           else 'rival_scheduled'
       end as code,
       o.submission, o.title, o.show_at
from submission s
join submission o on o.log = s.log and o.anchor = s.anchor and o.submission <> s.submission
where s.log = $1 and s.submission = $2
  and (
      (o.target = s.target and o.status in ('submitted', 'returned', 'approved', 'placed')
       and date_trunc('week', o.show_at at time zone $3) = date_trunc('week', s.show_at at time zone $3))
      or (o.by <> s.by and o.target <> s.target and o.category = s.category
          and (o.status in ('approved', 'placed') or o.closed = 'shown')
          and ((o.exclusive_from <= s.show_at and s.show_at <= o.exclusive_to)
               or (s.exclusive_from <= o.show_at and o.show_at <= s.exclusive_to)))
  )
order by o.show_at, o.submission
limit 100
