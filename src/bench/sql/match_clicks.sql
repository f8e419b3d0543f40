insert into anchor_click (log, anchor, clicks, won)
select other, c.anchor, c.clicks, c.won
from anchor_click c, unnest($2::uuid[]) as other
where c.log in (select own.log from log this join log own on own.book = this.book where this.log = $1)
