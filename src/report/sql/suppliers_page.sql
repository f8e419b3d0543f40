-- Suppliers after an id with their names, scores as reported and how many offers they have on sale; of one viewer ($4), of a
-- source, with a least composite score, or of one id, when given.
select s.supplier, p.name, s.source, s.member_no, s.composite, s.logistics, s.dispute, s.offer_score, s.after_sales,
       s.consulting, s.medal, s.repurchase_ppm, s.collected_48h_ppm, s.quality_refund_ppm, s.member_years, s.reported_at,
       (select count(*) from offer o where o.log = $1 and o.supplier = s.supplier and o.status = 'published') as offers
from supplier s
join party p on p.log = $1 and p.party = s.supplier
where s.log = $1 and s.supplier > $2
  and ($4::uuid is null or s.supplier = $4)
  and ($5::text is null or s.source = $5)
  and ($6::smallint is null or s.composite >= $6)
  and ($7::uuid is null or s.supplier = $7)
order by s.supplier
limit $3
