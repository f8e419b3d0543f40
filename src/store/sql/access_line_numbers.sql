-- The platform's own numbers of a line.
select platform, line_no from line where log = $1 and line = $2
