-- Imports before an instant and id, newest first; one import ($5) when given. With the progress of the job at work.
select i.import, i.digest, i.file_name, i.mapping, i.attempt, i.state, i.tally, i.failure, i.approval, i.made_at,
    i.changed_at, j.progress, f.size, i.cover_account, i.cover_from, i.cover_to
from import i
left join job j on j.book = i.book and j.id = i.job
left join file f on f.book = i.book and f.digest = i.digest
where i.log = $1 and (i.made_at, i.import) < ($2, $3) and ($5::uuid is null or i.import = $5)
  and ($6::text is null or i.state = $6)
order by i.made_at desc, i.import desc
limit $4
