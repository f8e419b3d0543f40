-- The same legs one by one, in order of their group and position, after a key ($12, $13).
select g.key, g.position, g.amount
from (
    select case $10::text
               when 'day' then to_char(l.at at time zone $11::text, 'YYYY-MM-DD')
               when 'month' then coalesce(l.period::text, '')
               when 'rule' then coalesce(p.rule::text, '')
               when 'part' then part.word
               else part.code
           end collate "C" as key,
           l.position, l.amount
    from leg l
    left join pin p on p.log = $1 and p.position = l.pin
    cross join lateral (
        select case when l.period < $8 then 'opening' else ($15::text[])[l.part] end as word,
               case when l.period < $8 then '0' else ($16::text[])[l.part] end as code
    ) part
    where l.log = $1 and l.owner = $2 and l.account = $3 and l.layer = $4 and l.currency = $5
      and l.position > $6 and l.position <= $7
      and ($8::integer is null or l.period <= $8)
      and ($9::text is null or $9 in (part.code, part.word))
) g
where (g.key, g.position) > ($12::text collate "C", $13)
order by g.key, g.position
limit $14
