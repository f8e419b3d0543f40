-- Facts in conflict with those that are taken back, which somebody else still tells: their first sender, or another
-- import that told the same (it then answers for them).
select e.position, e.kind, e.schema, e.payload, coalesce('imp_' || replace(other.import::text, '-', ''), e.correlation)
from event e
left join import i on i.book = $1 and e.correlation = 'imp_' || replace(i.import::text, '-', '')
left join lateral (
    select o.import from import_fact o
    join import t on t.book = $1 and t.import = o.import and t.import <> $3 and t.state <> 'reversed'
    where o.book = $1 and o.line = e.stream and o.position = e.position
    limit 1) other on true
where e.log = $2 and e.stream = any($4) and e.kind = any($5) and (strpos(e.payload, '"state":"conflict"') > 0 or strpos(e.payload, '"flaw":"conflict"') > 0)
  and (other.import is not null or i.import is null or (i.import <> $3 and i.state <> 'reversed'))
order by e.position
