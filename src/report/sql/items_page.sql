-- Items after an id; of one brand's shops ($4), or one item ($5), when given.
select i.item, i.platform, i.item_no, i.title, i.shop, i.category from item i
where i.log = $1 and i.item > $2 and ($5::uuid is null or i.item = $5)
  and ($4::uuid is null
       or exists (select 1 from shop s where s.log = $1 and s.shop = i.shop and s.brand = $4))
order by i.item
limit $3
