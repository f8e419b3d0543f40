-- Offers of suppliers that were reported of have the supplier's composite score, or their own where it has none.
update pool_entry p
set score = coalesce(s.composite * 10, p.own_score)
from supplier s
where p.log = $1 and s.log = $1 and s.supplier = any($2::uuid[]) and p.owner = s.supplier and p.source = 'offer'
  and p.score <> coalesce(s.composite * 10, p.own_score)
