-- What the lines that wait name, the most lines first: whose are they, or who owes their commission?
select platform, waits, pid, nick, room, account, count(*) as lines, min(at) as first_at, max(at) as last_at
from line
where log = $1 and waits is not null
group by platform, waits, pid, nick, room, account
order by lines desc, platform, waits, pid, nick, room, account
limit $2
