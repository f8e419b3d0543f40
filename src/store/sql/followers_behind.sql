-- Click logs whose late-click follower has not reached the end.
select l.book, m.log as money, l.log as clicks, coalesce(c.position, 0) as after
from log l
join log m on m.book = l.book and m.shard = 0 and m.successor is null
left join cursor c on c.name = 'late_clicks' and c.log = l.log
where l.shard > 0 and l.successor is null and l.position > coalesce(c.position, 0)
order by l.log
