-- Which of these ids are parties of the book.
select party from party where log = $1 and party = any($2)
