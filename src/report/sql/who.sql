-- Number, name and script of some parties.
select party, external_id, name, script from party where log = $1 and party = any($2)
