-- Sheets of a run or of a party, or one of them, by period, party and currency. A party sees its own, from the draft on,
-- and none of a run that was dropped.
select s.sheet, s.run, r.number, r.stage, r.reckoned_at, s.period, s.party, p.name, p.external_id, s.currency, s.account,
       s.status, s.held_back, s.opening, s.parts, s.closing, s.payable, s.carried, s.negative_since, s.others, s.lines,
       s.lines_sha256, s.sha256, s.suspended,
       case when not s.held_back then coalesce(s.pay_by, r.pay_by) end, s.unreceived, s.advanced, s.estimated, r.exit_of is not null,
       r.started_at
from settlement_sheet s
join settlement_run r on r.log = $1 and r.run = s.run
left join party p on p.log = $1 and p.party = s.party
where s.log = $1
  and ($2::uuid is null or s.run = $2)
  and ($3::uuid is null or s.party = $3)
  and ($4::uuid is null or s.sheet = $4)
  and ($5::uuid is null or (s.party = $5 and r.stage in ('drafted', 'approved', 'issued', 'locked')))
  and ($6::text is null or s.status = $6)
  and (s.period, s.party, s.currency, r.started_at) > ($7, $8, $9, $10)
order by s.period, s.party, s.currency, r.started_at
limit $11
