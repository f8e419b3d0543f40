-- Timers of one log by due time: a sandbox asks for those up to its own clock.
create index timer_due_of_log on timer (log, due, timer);
