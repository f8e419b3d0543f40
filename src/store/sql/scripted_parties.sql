-- Parties that a sandbox plays, with their scripts.
select party, script from party where log = $1 and script is not null order by party
