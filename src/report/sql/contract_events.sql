-- Every event of brand contracts up to a position, each contract's together, oldest first; of a party ($2 its id in hex) only
-- of contracts that concern it.
select e.stream, e.slice, e.position, e.version, e.id, e.kind, e.schema, e.occurred_at, e.recorded_at, e.payload
from contract c
join event e on e.log = $1 and e.stream = c.contract and e.slice = 37
where c.log = $1 and e.position <= $3
  and ($2::text is null or string_to_array(c.parties, ' ') @> array[$2])
order by c.contract, e.version
