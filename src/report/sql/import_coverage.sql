-- Days that the imports of a mapping cover: of the orders in their rows, and those the files are said to cover.
with told as (
    select i.mapping, coalesce(nullif(d.account, ''), d.platform) as source, d.day, d.rows
    from import i
    join import_day d on d.book = i.book and d.import = i.import
    where i.log = $1 and i.state = 'done'
), said as (
    select i.mapping, coalesce(i.cover_account, seen.source, i.mapping) as source, day::date as day, 0 as rows
    from import i
    left join lateral (
        select distinct coalesce(nullif(d.account, ''), d.platform) as source
        from import_day d
        where d.book = i.book and d.import = i.import and i.cover_account is null) seen on true
    cross join lateral generate_series(i.cover_from, i.cover_to, interval '1 day') as day
    where i.log = $1 and i.state = 'done' and i.cover_from is not null
)
select mapping, source, day, sum(rows)::bigint
from (select * from told union all select * from said) days
where ($2::text is null or mapping = $2)
group by mapping, source, day
order by mapping, source, day
limit 200000
