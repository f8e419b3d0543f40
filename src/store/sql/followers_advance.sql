-- The follower's answers are durable: its cursor moves, never backwards.
insert into cursor (name, log, position) values ('late_clicks', $1, $2)
on conflict (name, log) do update set position = greatest(cursor.position, excluded.position)
