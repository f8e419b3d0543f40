-- The last statement before COMMIT. An aborted transaction refuses it, so its success says that every statement before
-- it stands; a head that is not where this batch leaves it makes it fail.
select 1 / coalesce((select (position = $2)::int from log where log = $1), 0)
