-- Settlement runs, latest month first; of one month, or one run.
select run, period, number, stage, started_at, reckoned_at, sheets, digest, contested, held_back
from settlement_run
where log = $1 and ($2::integer is null or period = $2) and ($3::uuid is null or run = $3)
  and (period, number) < ($4, $5)
order by period desc, number desc
limit $6
