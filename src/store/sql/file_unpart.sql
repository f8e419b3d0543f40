-- The parts of an upload that brought nothing new.
delete from file_part where book = $1 and upload = $2
