-- Approvals after an id; with one status ($4), or one approval ($5), when given.
select approval, kind, maker, status from approval
where log = $1 and approval > $2 and ($4::text is null or status = $4) and ($5::uuid is null or approval = $5)
order by approval
limit $3
