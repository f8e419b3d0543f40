select c.click
from unnest($2::uuid[]) as asked (click)
cross join lateral (select click from click where log = $1 and click = asked.click offset 0) as c
