-- Disputes before a position, newest first; of one party ($4), in one state ($5), or one of them ($6), when given.
select d.dispute, d.number, d.line, l.line_no, d.party, d.reason, d.due, d.evidence_position, d.evidence_sha256, d.state,
    d.answer, d.correction, d.position
from dispute d
left join line l on l.log = $1 and l.line = d.line
where d.log = $1 and d.position < $2 and ($4::uuid is null or d.party = $4) and ($5::text is null or d.state = $5)
  and ($6::uuid is null or d.dispute = $6)
order by d.position desc
limit $3
