-- Per owner and currency: the sum before a month, and what the month moved, by cells of the settlement summary ($7: the
-- cell of each part of a sheet). Up to a position. Last: legs without a part.
select s.owner, coalesce(p.name, s.owner::text), s.currency,
       s.opening::bigint, s.settled::bigint, s.clawbacks::bigint, s.shares::bigint, s.services::bigint,
       s.penalties::bigint, s.freezes::bigint, s.reserves::bigint, s.adjustments::bigint, s.payments::bigint,
       s.write_offs::bigint, s.unknown
from (
    select l.owner, l.currency,
           coalesce(sum(l.amount) filter (where l.cell = '0'), 0) as opening,
           coalesce(sum(l.amount) filter (where l.cell = '1'), 0) as settled,
           coalesce(sum(l.amount) filter (where l.cell = '2'), 0) as clawbacks,
           coalesce(sum(l.amount) filter (where l.cell = '3'), 0) as shares,
           coalesce(sum(l.amount) filter (where l.cell = '4'), 0) as services,
           coalesce(sum(l.amount) filter (where l.cell = '5'), 0) as penalties,
           coalesce(sum(l.amount) filter (where l.cell = '6'), 0) as freezes,
           coalesce(sum(l.amount) filter (where l.cell = '7'), 0) as reserves,
           coalesce(sum(l.amount) filter (where l.cell = '8'), 0) as adjustments,
           coalesce(sum(l.amount) filter (where l.cell = '9'), 0) as payments,
           coalesce(sum(l.amount) filter (where l.cell = 'a'), 0) as write_offs,
           count(*) filter (where l.cell is null) as unknown
    from (
        select owner, currency, amount, case when period < $4 then '0' else ($7::text[])[part] end as cell
        from leg
        where log = $1 and owner >= $5 and owner <= $6 and account = $3 and layer = 1
          and period <= $4 and position <= $2
    ) l
    group by l.owner, l.currency
) s
left join party p on p.log = $1 and p.party = s.owner
order by 2, s.currency
