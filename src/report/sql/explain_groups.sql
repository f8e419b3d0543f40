-- The legs of one account in one layer and currency, recorded after a position ($6) and up to another ($7), in groups.
-- With a month ($8): only what was stamped up to it; months before it are its opening ('0'). Of the cell or part $9 only.
-- Parts are those of a settlement sheet ($12: their words), cells those of the settlement summary ($13: each part's).
select g.key, count(*), sum(g.amount)::bigint
from (
    select case $10::text
               when 'day' then to_char(l.at at time zone $11::text, 'YYYY-MM-DD')
               when 'month' then coalesce(l.period::text, '')
               when 'rule' then coalesce(p.rule::text, '')
               when 'part' then part.word
               else part.code
           end collate "C" as key,
           l.amount
    from leg l
    left join pin p on p.log = $1 and p.position = l.pin
    cross join lateral (
        select case when l.period < $8 then 'opening' else ($12::text[])[l.part] end as word,
               case when l.period < $8 then '0' else ($13::text[])[l.part] end as code
    ) part
    where l.log = $1 and l.owner = $2 and l.account = $3 and l.layer = $4 and l.currency = $5
      and l.position > $6 and l.position <= $7
      and ($8::integer is null or l.period <= $8)
      and ($9::text is null or $9 in (part.code, part.word))
) g
group by g.key
order by g.key
