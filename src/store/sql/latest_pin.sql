-- The latest instant at which any line of the book is pinned.
select at from line where log = $1 and pinned order by at desc limit 1
