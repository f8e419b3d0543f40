-- Brand contracts after an id that concern a party ($4 in hex; null: every one), with a phase, of a brief, or of one
-- number or id, when given.
select contract, external_id, brief, brand, awardee, anchor, form, phase, currency, held, due from contract
where log = $1 and contract > $2
  and ($4::text is null or string_to_array(parties, ' ') @> array[$4])
  and ($5::text is null or phase = $5)
  and ($6::uuid is null or brief = $6)
  and ($7::text is null or external_id = $7)
  and ($8::uuid is null or contract = $8)
order by contract
limit $3
