with missing as (
    select * from shadow_{table} where log = $1 except all select * from {table} where log = $1
), extra as (
    select * from {table} where log = $1 except all select * from shadow_{table} where log = $1
)
select (select count(*) from missing), (select count(*) from extra),
       (select to_json(m)::text from missing as m order by {key} limit 1),
       (select to_json(x)::text from extra as x order by {key} limit 1)
