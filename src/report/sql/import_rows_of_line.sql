-- The rows that a line came from, and those of the returns that are matched to it, oldest import first.
select i.import, i.file_name, i.state, r.row, r.raw, f.identity, f.state, f.code, f.repeated, f.position
from import i
join import_fact f on f.book = i.book and f.import = i.import
join import_row r on r.book = i.book and r.import = i.import and r.row = f.row
where i.log = $1 and f.book = (select book from log where log = $1)
  and f.line = any(array(select $2::uuid union all select stream from returned where log = $1 and line = $2))
  and (f.line = $2 or exists (select from returned t where t.log = $1 and t.told = f.position and t.line = $2))
order by i.made_at, i.import, f.row, f.nth
limit 1000
