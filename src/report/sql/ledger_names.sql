-- Numbers and names of the parties (1), shops (2) and items (3) on a page.
select 1::smallint, party, external_id, name from party where log = $1 and party = any($2::uuid[])
union all
select 2::smallint, shop, shop_no, name from shop where log = $1 and shop = any($3::uuid[])
union all
select 3::smallint, item, item_no, title from item where log = $1 and item = any($4::uuid[])
