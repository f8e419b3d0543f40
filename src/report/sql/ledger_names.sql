-- Numbers and names of the parties (1), shops (2) with their legal entities, and items (3) on a page.
select 1::smallint, party, external_id, name, null::text as entity from party where log = $1 and party = any($2::uuid[])
union all
select 2::smallint, s.shop, s.shop_no, s.name, e.name
from shop s
left join entity e on e.log = $1 and e.entity = s.entity
where s.log = $1 and s.shop = any($3::uuid[])
union all
select 3::smallint, item, item_no, title, null from item where log = $1 and item = any($4::uuid[])
