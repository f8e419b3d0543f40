-- Assignments of placements after a key.
select placement, platform, kind, number, party, room, from_at, to_at from placement
where log = $1 and (placement, from_at) > ($2, $3)
order by placement, from_at
limit $4
