-- Facts and returns of an import after a row: which stream, and whether the import is the last that tells them. One in
-- conflict never counted. One that no import told first stays: its sender still tells it. A return comes with its event.
select f.row, f.nth, f.line, f.identity, f.position, l.platform, l.line_no, e.occurred_at,
    exists (select from import i where i.book = $1 and e.correlation = 'imp_' || replace(i.import::text, '-', ''))
    and not exists (
        select from import_fact o
        join import i on i.book = $1 and i.import = o.import and i.import <> $3 and i.state <> 'reversed'
        where o.book = $1 and o.line = f.line and o.identity = f.identity and o.position = f.position),
    e.kind, e.schema, case when e.kind = 'return.told' then e.payload end
from import_fact f
join event e on e.log = $2 and e.position = f.position
left join line l on l.log = $2 and l.line = f.line
where f.book = $1 and f.import = $3 and (f.row, f.nth) > ($4, $5) and f.state <> 'conflict'
  and (l.line is not null or e.kind = 'return.told')
order by f.row, f.nth
limit $6
