-- Shops after an id; of one brand ($4), or one shop ($5), when given.
select shop, platform, shop_no, name, brand, entity from shop
where log = $1 and shop > $2 and ($4::uuid is null or brand = $4) and ($5::uuid is null or shop = $5)
order by shop
limit $3
