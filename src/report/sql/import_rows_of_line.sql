-- The rows that a line came from, oldest import first.
select i.import, i.file_name, i.state, r.row, r.raw, f.identity, f.state, f.code, f.repeated, f.position
from import i
join import_fact f on f.book = i.book and f.import = i.import
join import_row r on r.book = i.book and r.import = i.import and r.row = f.row
where i.log = $1 and f.line = $2 and f.book = (select book from log where log = $1)
order by i.made_at, i.import, f.row, f.nth
limit 1000
