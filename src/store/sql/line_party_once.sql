-- A line that was pinned anew names some parties twice; the live table keeps each row once.
delete from shadow_line_party as later
using shadow_line_party as first
where later.log = $1 and first.log = $1 and later.line = any($2::uuid[])
  and first.line = later.line and first.party = later.party and first.at = later.at and first.ctid < later.ctid
