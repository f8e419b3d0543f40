-- Lines by platform, and those whose buyer clicked the same item before: the buyer's log is not known here, so each of
-- the book's click logs is looked into by index.
select l.platform, count(*), count(*) filter (where l.buyer is not null and l.item is not null),
       count(*) filter (where exists (
           select 1
           from log own
           join log clicks on clicks.book = own.book and clicks.shard > 0 and clicks.successor is null
           join click c on c.log = clicks.log and c.buyer = l.buyer and c.item = l.item and c.at < l.at
           where own.log = $1
       ))
from line l
where l.log = $1
group by l.platform
order by l.platform
