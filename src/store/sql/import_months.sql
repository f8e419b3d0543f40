-- Accounting months of the settled money of every line that an import told something of.
select distinct g.period
from (select distinct line from import_fact where book = $1 and import = $3) f
join event e on e.log = $2 and e.stream = f.line
join leg g on g.log = $2 and g.position = e.position
where g.period is not null
order by 1
