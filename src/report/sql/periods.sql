-- Turnover of the settled layer per month.
select period, currency, sum(debits)::bigint from total
where log = $1 and layer = 1
group by period, currency
order by period, currency
