-- Money logs in which an entry of the pool changed since watches were held against it last.
select l.book, l.log, coalesce(c.position, 0) as after, p.position as up_to
from log l
left join cursor c on c.name = 'watch' and c.log = l.log
cross join lateral (
    select position from pool_entry where log = l.log order by position desc limit 1
) p
where l.shard = 0 and l.successor is null and p.position > coalesce(c.position, 0)
order by l.log
