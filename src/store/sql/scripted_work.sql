-- Briefs and contracts on which some parties ($2 in hex, $3 as ids) may have something to do: briefs open to everybody or
-- on which they were invited or applied, and contracts that they do the work of. $4 at most of each, the youngest first.
select $5::smallint, brief from (
    select brief from brief
    where log = $1 and status in ('posted', 'closed')
      and ((status = 'posted' and visibility = 'open') or string_to_array(parties, ' ') && $2::text[])
    order by position desc
    limit $4
) open
union all
select $6::smallint, contract from (
    select contract from contract
    where log = $1 and phase in ('awarded', 'funded', 'running') and anchor = any($3::uuid[])
    order by position desc
    limit $4
) running
