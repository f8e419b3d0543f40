-- Settlement runs, latest month first; of one month, or one run. Exit settlements ($7) latest first, or not at all.
select run, period, number, stage, started_at, reckoned_at, sheets, digest, contested, held_back,
       pay_by, exit_of
from settlement_run
where log = $1 and ($2::integer is null or period = $2) and ($3::uuid is null or run = $3)
  and ($3::uuid is not null or (exit_of is not null) = $7)
  and (period, number, started_at) < ($4, $5, $8)
order by period desc, number desc, started_at desc
limit $6
