//! SQL: one statement a file, bound to a log or a book, valid on a migrated database, and never inside Rust text.
//! It must never need a statement to be listed: the files are walked.

use std::collections::BTreeSet;

use super::{Source, none, sources};
use crate::support::pg::fresh_db;

/// Statements that are about the server or every book, and why that is right.
const EVERY_BOOK: &[(&str, &str)] = &[
    (
        "access_append",
        "rows of many books and of no book, written together; each row carries its book",
    ),
    ("access_key", "a key's random id finds its book"),
    ("key_find", "a key's random id finds its book"),
    ("log_list", "the list of books itself"),
    ("releases_behind", "the release of a server serves every book"),
    ("timers_due", "the scheduler of a server serves every book"),
    ("followers_behind", "the follower of a server serves every book"),
    ("server_check", "asks about rights on tables, reads none"),
    ("copied_tables", "asks which tables there are, reads none"),
    ("import_gate", "a lock that its book names, reads nothing"),
    ("runs_under_way", "the close of a server serves every book"),
    ("imports_under_way", "the import desk of a server serves every book"),
    ("watch_behind", "the follower of a server serves every book"),
    ("pool_behind", "the follower of a server serves every book"),
    ("job_claim", "the job runner of a server serves every book"),
    ("job_take", "the job runner of a server serves every book"),
];

/// The text without comments.
fn bare(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("--").next().unwrap_or(""));
    lines.collect::<Vec<_>>().join("\n")
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path).trim_end_matches(".sql")
}

fn statements(sources: &[Source]) -> Vec<String> {
    let mut objections = Vec::new();
    for source in sources {
        let text = bare(&source.text);
        let body = text.trim().trim_end_matches(';');
        // A block between dollar quotes is one statement, whatever it holds.
        let plain: String = body.split("$$").step_by(2).collect();
        if plain.trim().is_empty() || plain.contains(';') {
            objections.push(format!("{}: not exactly one statement", source.path));
        }
    }
    objections
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .map(str::to_ascii_lowercase)
        .collect()
}

fn unbound(sources: &[Source], keyed: &BTreeSet<String>) -> Vec<String> {
    let mut objections = Vec::new();
    for source in sources {
        let text = bare(&source.text).to_ascii_lowercase();
        let words = words(&text);
        let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let bound = ["log = $", "book = $", "log = any($", "book = any($", "log = asked.log"]
            .iter()
            .any(|mark| joined.contains(mark));
        let inserted = keyed.iter().any(|table| {
            let column = |key: &str| {
                joined.contains(&format!("insert into {table} ({key}"))
                    || joined.contains(&format!("copy {table} ({key}"))
            };
            column("log") || column("book") || column("name, log") || column("id, book")
        });
        let keyed_table = keyed.iter().find(|table| words.contains(*table));
        let excused = EVERY_BOOK.iter().any(|(excused, _)| *excused == name(&source.path));
        if let Some(table) = keyed_table.filter(|_| !bound && !inserted && !excused) {
            objections.push(format!(
                "{}: reads or writes {table} without its log or book",
                source.path
            ));
        }
    }
    objections
}

fn in_rust(sources: &[Source]) -> Vec<String> {
    let openings = ["\"select ", "\"insert into ", "\"delete from ", "\"update ", "\"with "];
    let mut objections = Vec::new();
    for source in sources {
        for (number, line) in source.text.lines().enumerate() {
            let lower = line.to_ascii_lowercase();
            let about_tables = [" from ", " set ", " values", " into "]
                .iter()
                .any(|word| lower.contains(word));
            if about_tables && openings.iter().any(|opening| lower.contains(opening)) {
                objections.push(format!("{}:{}: SQL in Rust: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    objections
}

fn all() -> Vec<Source> {
    sources(&["src"], ".sql")
}

#[test]
fn every_sql_file_holds_one_statement() {
    none(statements(&all()));
    assert!(!statements(&[Source::new("a.sql", "select 1; select 2")]).is_empty());
    assert!(!statements(&[Source::new("a.sql", "-- nothing\n")]).is_empty());
}

#[test]
fn no_sql_stands_in_rust() {
    none(in_rust(&sources(&["src"], ".rs")));
    assert!(!in_rust(&[Source::new("a.rs", "client.query(\"select x from event\")")]).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_names_its_log_or_book_and_prepares_on_a_migrated_database() {
    let db = fresh_db().await;
    let client = db.client().await;
    let columns = "select table_name::text from information_schema.columns \
        where table_schema = 'public' and column_name in ('log', 'book')";
    let keyed: BTreeSet<String> = client
        .query(columns, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert!(keyed.contains("event") && keyed.contains("leg"), "{keyed:?}");
    let files = all();
    none(unbound(&files, &keyed));
    assert!(!unbound(&[Source::new("a.sql", "select * from leg where owner = $1")], &keyed).is_empty());
    // Some statements read the shadows of a rebuild.
    client.batch_execute("begin").await.unwrap();
    for table in fenzhang::store::shadow::TABLES {
        let create = fenzhang::store::shadow::Template::Create.of(table);
        client.batch_execute(&create).await.unwrap();
    }
    // The bench compares with a ledger in plain SQL, in a schema of its own.
    fenzhang::bench::plain::set_up(&client).await.unwrap();
    let mut refused = Vec::new();
    for file in &files {
        // Templates over derived tables are prepared for each table beside the store's tests.
        if bare(&file.text).contains("{table}") {
            continue;
        }
        client.batch_execute("savepoint before").await.unwrap();
        if let Err(error) = client.prepare(&file.text).await {
            client.batch_execute("rollback to before").await.unwrap();
            let why = error
                .as_db_error()
                .map_or(error.to_string(), |db| db.message().to_owned());
            refused.push(format!("{}: {why}", file.path));
        }
    }
    none(refused);
    assert!(client.prepare("select nothing from leg").await.is_err());
}
