-- Briefs after an id that a viewer may see ($4 its id, $5 in hex, $6 the visibilities open to it; all null: everything),
-- with a status, or of one number or id, when given.
select brief, external_id, brand, status, visibility, title, category, closes_at, due from brief
where log = $1 and brief > $2
  and ($4::uuid is null or brand = $4 or string_to_array(parties, ' ') @> array[$5::text]
       or (status = 'posted' and visibility = any($6::text[])))
  and ($7::text is null or status = $7)
  and ($8::text is null or external_id = $8)
  and ($9::uuid is null or brief = $9)
order by brief
limit $3
