-- The same for the shadow of a rebuild: every stream is folded by then.
update shadow_pool_entry p
set score = s.composite * 10
from shadow_supplier s
where p.log = $1 and s.log = $1 and s.supplier = p.owner and p.source = 'offer' and s.composite is not null
