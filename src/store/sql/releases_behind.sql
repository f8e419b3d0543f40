-- Money logs in which a placement was assigned, or a shop registered, since waiting lines were looked at last.
select l.book, l.log, coalesce(c.position, 0) as after, greatest(p.position, s.position) as up_to
from log l
left join cursor c on c.name = 'releases' and c.log = l.log
left join lateral (
    select position from placement where log = l.log order by position desc limit 1
) p on true
left join lateral (
    select position from shop where log = l.log order by position desc limit 1
) s on true
where l.shard = 0 and l.successor is null and greatest(p.position, s.position) > coalesce(c.position, 0)
order by l.log
