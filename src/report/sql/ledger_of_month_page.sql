-- Lines with settled legs in an accounting month, in order of their first such leg, each with all its events. Pages go on
-- from a position: the legs of the log are read once over all pages, and writing pays for no further index.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload, page.position
from (
    select g.position, g.line from leg g
    join line l on l.log = $1 and l.line = g.line
    where g.log = $1 and g.position > $2 and g.period = $3
      and ($5::text is null or l.platform = $5)
      and ($6::uuid is null or l.shop = $6)
      and ($7::smallint is null or l.status = $7)
      and ($8::uuid is null
           or exists (select 1 from line_party own
                      where own.log = $1 and own.party = $8 and own.at = l.at and own.line = l.line))
      and not exists (select 1 from event past
                      join leg old on old.log = $1 and old.position = past.position and old.period = $3
                      where past.log = $1 and past.stream = g.line and past.position < g.position)
    group by g.position, g.line
    order by g.position
    limit $4
) page
join event e on e.log = $1 and e.stream = page.line
order by page.position, e.version
