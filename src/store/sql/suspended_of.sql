-- Which of these parties are not to be paid.
select party from party where log = $1 and party = any($2) and suspended
