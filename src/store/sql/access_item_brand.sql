-- The brand of the shop that sells an item.
select s.brand from item i join shop s on s.log = i.log and s.shop = i.shop where i.log = $1 and i.item = $2
