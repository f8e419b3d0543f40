insert into anchor_sale (log, category, month, anchor, band, segment, currency, lines, paid, refunded)
select other, category, month, anchor, band, segment, currency, lines, paid, refunded
from anchor_sale, unnest($2::uuid[]) as other where log = $1
