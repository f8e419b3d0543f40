//! The migration runner against small files given here.
//! It must never depend on the product's own migrations, except in the one test that says so.

use fenzhang::store::migrate::{self, MigrateError, Migration, up_with, verify_with};

use crate::support::pg::{empty_db, fresh_db};

const ONE: Migration = Migration {
    version: 1,
    name: "one",
    sql: "CREATE TABLE one (n int);\nDO $$ BEGIN EXECUTE format('GRANT SELECT ON one TO %I', \
          current_setting('fenzhang.app_role')); END $$;",
};
const TWO: Migration = Migration {
    version: 2,
    name: "two",
    sql: "-- no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS one_n ON one (n);",
};
const BROKEN: Migration = Migration {
    version: 3,
    name: "broken",
    sql: "CREATE TABLE three (n int); SELECT 1/0;",
};

#[tokio::test]
async fn files_are_applied_once_and_in_order_and_then_verify_passes() {
    let db = empty_db().await;
    let mut client = db.client().await;
    let pending = verify_with(&client, &[ONE, TWO]).await;
    assert!(
        matches!(&pending, Err(MigrateError::Pending { versions }) if *versions == [1, 2]),
        "{pending:?}"
    );
    assert_eq!(up_with(&mut client, &[ONE], Some("fenzhang_app")).await.unwrap(), [1]);
    assert_eq!(
        up_with(&mut client, &[ONE, TWO], Some("fenzhang_app")).await.unwrap(),
        [2]
    );
    assert_eq!(
        up_with(&mut client, &[ONE, TWO], Some("fenzhang_app")).await.unwrap(),
        Vec::<i32>::new()
    );
    verify_with(&client, &[ONE, TWO]).await.unwrap();

    client.batch_execute("SET ROLE fenzhang_app").await.unwrap();
    client.batch_execute("SELECT * FROM one").await.unwrap();
    verify_with(&client, &[ONE, TWO]).await.unwrap();
    assert!(
        client.batch_execute("INSERT INTO one VALUES (1)").await.is_err(),
        "only what was granted"
    );
    assert!(
        client.batch_execute("DELETE FROM schema_history").await.is_err(),
        "history is the owner's"
    );
}

#[tokio::test]
async fn newer_changed_and_misplaced_schemas_are_refused() {
    let db = empty_db().await;
    let mut client = db.client().await;
    up_with(&mut client, &[ONE, TWO], Some("fenzhang_app")).await.unwrap();
    let older = up_with(&mut client, &[ONE], Some("fenzhang_app")).await;
    assert!(
        matches!(
            older,
            Err(MigrateError::Newer {
                database: 2,
                program: 1
            })
        ),
        "{older:?}"
    );
    let edited = Migration {
        sql: "CREATE TABLE one (n bigint);",
        ..ONE
    };
    let changed = verify_with(&client, &[edited, TWO]).await;
    assert!(
        matches!(changed, Err(MigrateError::Changed { version: 1, .. })),
        "{changed:?}"
    );
    let skipped = up_with(&mut client, &[TWO], Some("fenzhang_app")).await;
    assert!(
        matches!(skipped, Err(MigrateError::Order { version: 1 })),
        "{skipped:?}"
    );
}

#[tokio::test]
async fn a_file_that_fails_leaves_nothing_and_gives_the_lock_back() {
    let db = empty_db().await;
    let mut client = db.client().await;
    let failed = up_with(&mut client, &[ONE, BROKEN], Some("fenzhang_app")).await;
    assert!(
        matches!(failed, Err(MigrateError::Failed { version: 3, .. })),
        "{failed:?}"
    );
    let left = client
        .query_one("SELECT to_regclass('three') IS NULL", &[])
        .await
        .unwrap();
    assert!(left.get::<_, bool>(0), "the failed file was rolled back");
    up_with(&mut db.client().await, &[ONE], Some("fenzhang_app"))
        .await
        .unwrap();
}

#[tokio::test]
async fn processes_that_migrate_at_once_apply_each_file_once() {
    let db = empty_db().await;
    let mut tasks = Vec::new();
    for _ in 0..6 {
        let mut client = db.client().await;
        tasks.push(tokio::spawn(async move {
            up_with(&mut client, &[ONE, TWO], Some("fenzhang_app")).await
        }));
    }
    let mut applied = Vec::new();
    for task in tasks {
        applied.extend(task.await.unwrap().unwrap());
    }
    assert_eq!(applied, [1, 2]);
}

#[tokio::test]
async fn databases_migrated_at_once_share_one_new_role() {
    let role = format!("fenzhang_race_{}", uuid::Uuid::now_v7().simple());
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let (db, role) = (empty_db().await, role.clone());
        tasks.push(tokio::spawn(async move {
            up_with(&mut db.client().await, &[ONE], Some(&role)).await.unwrap();
            db
        }));
    }
    for task in tasks {
        let db = task.await.unwrap();
        db.client()
            .await
            .batch_execute(&format!(
                "SET ROLE {role}; SELECT * FROM one; RESET ROLE; DROP OWNED BY {role}"
            ))
            .await
            .unwrap();
    }
    empty_db()
        .await
        .client()
        .await
        .batch_execute(&format!("DROP ROLE {role}"))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_owner_who_is_no_superuser_can_take_the_role_it_made() {
    let db = empty_db().await;
    let mut client = db.client().await;
    let (owner, app) = (format!("owner_{}", db.name()), format!("app_{}", db.name()));
    let make = format!(
        "CREATE ROLE {owner} CREATEROLE; ALTER DATABASE {} OWNER TO {owner};",
        db.name()
    );
    client
        .batch_execute(&format!("{make} SET SESSION AUTHORIZATION {owner}"))
        .await
        .unwrap();
    up_with(&mut client, &[ONE], Some(&app)).await.unwrap();
    client
        .batch_execute(&format!("SET ROLE {app}; SELECT * FROM one; RESET ROLE"))
        .await
        .unwrap();
    let tidy = format!("DROP OWNED BY {app}; DROP ROLE {app}; RESET SESSION AUTHORIZATION;");
    let away = format!("REASSIGN OWNED BY {owner} TO CURRENT_USER; DROP ROLE {owner}");
    client.batch_execute(&format!("{tidy} {away}")).await.unwrap();
}

#[tokio::test]
async fn a_fresh_test_database_has_the_products_whole_schema() {
    let db = fresh_db().await;
    let (client, _) = (db.client().await, db.name());
    migrate::verify(&client).await.unwrap();
    assert!(
        migrate::status(&client)
            .await
            .unwrap()
            .iter()
            .all(|row| row.applied_at.is_some())
    );
    assert!(db.url().contains(db.name()));
}
