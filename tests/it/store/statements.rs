//! Every statement of the store is valid on the migrated database.
//! It must never list statements by hand.

use fenzhang::store::connect::{TakeRole, connect};
use fenzhang::store::shadow::{TABLES, Template};
use fenzhang::store::statements::{ALL, Statements};
use tokio_postgres::Client;

use crate::support::pg::fresh_db;

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let db = fresh_db().await;
    let client = connect(db.url(), TakeRole::Application).await.unwrap();
    with_shadows(&client).await;
    for (name, text) in ALL {
        client
            .prepare(text)
            .await
            .unwrap_or_else(|error| panic!("{name}.sql: {error:?}"));
    }
    Statements::prepare(&client).await.unwrap();
}

async fn with_shadows(client: &Client) {
    client.batch_execute("begin").await.unwrap();
    for table in TABLES {
        client.batch_execute(&Template::Create.of(table)).await.unwrap();
    }
}

#[tokio::test]
async fn every_statement_of_every_derived_table_can_be_prepared() {
    let db = fresh_db().await;
    let client = connect(db.url(), TakeRole::Application).await.unwrap();
    with_shadows(&client).await;
    for table in TABLES {
        for template in Template::ALL
            .into_iter()
            .filter(|template| *template != Template::Create)
        {
            let text = template.of(table);
            client
                .prepare(&text)
                .await
                .unwrap_or_else(|error| panic!("{text}: {error:?}"));
        }
    }
}

#[test]
fn every_file_of_sql_is_registered() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/sql");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let name = name.strip_suffix(".sql").expect("only .sql files");
        // The migration runner's own files run before there is a schema to prepare them on.
        let before_schema = name.starts_with("schema_history_") || name == "app_role_create";
        // Templates over derived tables: prepared above for every table.
        let template = name.starts_with("shadow_");
        let known = ALL.iter().any(|(known, _)| *known == name);
        assert!(before_schema || template || known, "{name}.sql is not registered");
    }
}
