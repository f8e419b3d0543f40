SELECT version, name, sha256, applied_at FROM schema_history ORDER BY version
