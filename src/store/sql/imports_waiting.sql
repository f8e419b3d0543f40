-- Another import of the book that stands in the way: with $3 only one that is being reversed.
select import, state from import
where book = $1 and import <> $2 and (state = 'reversing' or (state = 'committing' and not $3))
limit 1
