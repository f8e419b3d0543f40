-- $1 cannot be bound inside DO, so the role's name comes from the session's setting. Roles belong to the whole cluster
-- and our lock to one database: two databases migrated at once may both find the role missing, and the slower one is
-- told duplicate_object, or unique_violation if both inserts overlap.
DO $$
DECLARE
    app     text := current_setting('fenzhang.app_role');
    version int  := current_setting('server_version_num');
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', app);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END IF;
    -- From 16 on whoever creates a role may administer it but not take it.
    IF NOT pg_has_role(current_user, app, CASE WHEN version >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
        BEGIN
            EXECUTE format('GRANT %I TO CURRENT_USER', app);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END IF;
    EXECUTE format('GRANT SELECT ON schema_history TO %I', app);
END
$$
