-- Whose a key of this book is.
select person from api_key where book = $1 and key = $2
