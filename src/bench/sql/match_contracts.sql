insert into contract (log, contract, brief, brand, awardee, anchor, form, phase, currency, held, parties, position, punctual, late,
                      delivered, stars)
select other, contract, brief, brand, awardee, anchor, form, phase, currency, held, parties, position, punctual, late,
       delivered, stars
from contract, unnest($2::uuid[]) as other where log = $1
