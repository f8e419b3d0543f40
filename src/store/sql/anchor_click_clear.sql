delete from anchor_click where log = $1 and anchor = any($2) and clicks = 0 and won = 0
