-- Contracts after a key; of the viewer ($6) and of one party ($7) when they are given.
select membership, member, upper, scope, share, receiver, from_at, to_at, guarantee from membership
where log = $1 and (member, membership, from_at) > ($2, $3, $4)
  and ($6::uuid is null or member = $6 or upper = $6)
  and ($7::uuid is null or member = $7 or upper = $7)
order by member, membership, from_at
limit $5
