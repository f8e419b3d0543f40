create temp table shadow_{table} (like {table}) on commit drop
