-- Accounting months of the settled money of every line that an import told something of, or a return matched to it.
select distinct g.period
from (select line from import_fact where book = $1 and import = $3
      union select r.line from import_fact o join returned r on r.log = $2 and r.told = o.position
      where o.book = $1 and o.import = $3 and r.line is not null) f
join event e on e.log = $2 and e.stream = f.line
join leg g on g.log = $2 and g.position = e.position
where g.period is not null
order by 1
