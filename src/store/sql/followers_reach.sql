-- How far the next round of a follower reaches.
select least(position, $2::bigint + $3::bigint) from log where log = $1
