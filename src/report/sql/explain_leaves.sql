-- The same legs one by one, in order of their group and position, after a key ($12, $13).
select g.key, g.position, g.amount
from (
    select case $10::text
               when 'day' then to_char(l.at at time zone $11::text, 'YYYY-MM-DD')
               when 'month' then coalesce(l.period::text, '')
               when 'rule' then coalesce(p.rule::text, '')
               else cell.code
           end collate "C" as key,
           l.position, l.amount
    from leg l
    join event e on e.log = $1 and e.position = l.position
    left join pin p on p.log = $1 and p.position = l.pin
    cross join lateral (
        select case
                   when l.period < $8 then '0'
                   when e.kind in ('line.frozen', 'line.unfrozen', 'line.forfeited') then '3'
                   when e.kind in ('adjustment.posted', 'cutover.opened', 'cutover.reversed') then '4'
                   when (l.amount > 0) = ($3::smallint <> 6) then '1'
                   else '2'
               end as code
    ) cell
    where l.log = $1 and l.owner = $2 and l.account = $3 and l.layer = $4 and l.currency = $5
      and l.position > $6 and l.position <= $7
      and ($8::integer is null or l.period <= $8)
      and ($9::text is null or cell.code = $9)
) g
where (g.key, g.position) > ($12::text collate "C", $13)
order by g.key, g.position
limit $14
