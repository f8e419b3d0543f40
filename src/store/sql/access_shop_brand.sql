-- The brand of a shop.
select brand from shop where log = $1 and shop = $2
