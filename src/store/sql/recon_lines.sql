-- Both sides of every line that the statement ($3) names, or that has settled legs of the month ($5) on the platform ($4)
-- as of a position ($6): rows of the statement (side 0), then all its events (side 1). One pass, in order of lines.
with ours as (
    select distinct l.line from leg l
    join line ln on ln.log = l.log and ln.line = l.line
    where l.log = $1 and l.layer = 1 and l.line is not null and (l.period = $5 or l.points_back_to = $5)
      and l.position <= $6 and ln.platform = $4
), lines as (
    select r.line from recon_row r where r.book = $2 and r.reconciliation = $3 and r.line is not null
    union
    select o.line from ours o
)
select r.line, 0::smallint as side, r.row as ordinal, r.facts as body, r.tag, r.amount, r.currency, r.line_no,
    0::smallint as schema, r.at as occurred_at, r.at as recorded_at, 0::bigint as version, r.nth, null::uuid as id
from recon_row r
where r.book = $2 and r.reconciliation = $3 and r.line is not null
union all
select e.stream, 1::smallint, e.position, e.payload, e.kind, null, null, null,
    e.schema, e.occurred_at, e.recorded_at, e.version, 0, e.id
from lines
join event e on e.log = $1 and e.stream = lines.line and e.slice = 7 and e.position <= $6
order by 1, 2, 3, 13
