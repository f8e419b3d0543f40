-- Which of these files the book keeps.
select f.digest from file f
where f.book = (select book from log where log = $1) and f.digest = any($2)
