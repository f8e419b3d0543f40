SELECT to_regclass('schema_history') IS NOT NULL
