-- Rows of an import after a number, with everything each told; with one state ($5) or code ($6), when given.
select r.row, r.raw, r.state, r.code, r.message, coalesce(told.facts, '[]')
from import i
join import_row r on r.book = i.book and r.import = i.import
left join lateral (
    select json_agg(json_build_object('line',
        case when f.identity like 'return.told/%' then 'rtn_' when f.identity = 'receipt.recorded' then 'rcp_' else 'lin_' end
            || replace(f.line::text, '-', ''), 'fact', f.identity,
        'state', f.state, 'code', f.code, 'repeated', f.repeated, 'position', f.position) order by f.nth)::text as facts
    from import_fact f
    where f.book = i.book and f.import = i.import and f.row = r.row) told on true
where i.log = $1 and i.import = $2 and r.row > $3
  and ($5::text is null or r.state = $5 or exists (
      select from import_fact f where f.book = i.book and f.import = i.import and f.row = r.row and f.state = $5))
  and ($6::text is null or r.code = $6 or exists (
      select from import_fact f where f.book = i.book and f.import = i.import and f.row = r.row and f.code = $6))
order by r.row
limit $4
