-- Sums that came to no line are no rows. The keys are those just added to.
delete from anchor_sale kept
using unnest($2::text[], $3::int[], $4::uuid[], $5::smallint[], $6::text[], $7::text[])
    as s (category, month, anchor, band, segment, currency)
where kept.log = $1 and kept.category = s.category and kept.month = s.month and kept.anchor = s.anchor
  and kept.band = s.band and kept.segment = s.segment and kept.currency = s.currency and kept.lines = 0
