INSERT INTO schema_history (version, name, sha256) VALUES ($1, $2, $3)
