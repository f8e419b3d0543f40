-- Receipts of an import after a row, and whether the import is the last that tells them. What was parked never counted. One
-- that no import told first stays: its sender still tells it.
select f.row, f.nth, f.line,
    exists (select from import i where i.book = $1 and e.correlation = 'imp_' || replace(i.import::text, '-', ''))
    and not exists (
        select from import_fact o
        join import i on i.book = $1 and i.import = o.import and i.import <> $3 and i.state <> 'reversed'
        where o.book = $1 and o.line = f.line and o.identity = f.identity and o.position = f.position)
from import_fact f
join event e on e.log = $2 and e.position = f.position and e.slice = 29
where f.book = $1 and f.import = $3 and (f.row, f.nth) > ($4, $5) and f.state = 'applied'
order by f.row, f.nth
limit $6
