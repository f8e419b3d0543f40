-- Tables of the log and what is derived from it, in which a log has rows.
select c.relname::text from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attname = 'log'
where n.nspname = 'public' and c.relkind = 'r' and c.relname <> all ($1::text[])
order by c.relname
