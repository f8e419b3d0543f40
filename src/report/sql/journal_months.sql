-- Months with settled money, oldest first.
select distinct period from total where log = $1 and layer = 1 and period > 0 order by period
