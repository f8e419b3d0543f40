//! The private PostgreSQL, from outside: it starts, keeps its data through a crash, and explains refusals.
//! It must never use the cluster other tests share.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fenzhang::launcher::{self, LaunchError, Options};
use tokio_postgres::{Client, NoTls};

use crate::support::folder::Scratch;

fn small(folder: &Path) -> Options {
    Options {
        shared_buffers_mb: 16,
        ..Options::new(folder)
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn show(client: &Client, name: &str) -> String {
    client.query_one(&format!("SHOW {name}"), &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_cluster_starts_durable_and_closed_and_keeps_rows_through_kill_9() {
    let folder = Scratch::new("launcher");
    let mut running = launcher::start(&small(folder.path())).unwrap();
    let client = connect(&running.url()).await;
    for (name, value) in [
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("listen_addresses", ""),
        ("max_connections", "200"),
        ("max_wal_size", "4GB"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
    ] {
        assert_eq!(show(&client, name).await, value, "{name}");
    }
    client.batch_execute("CREATE TABLE kept (n int)").await.unwrap();
    for n in 0..60 {
        client.execute("INSERT INTO kept VALUES ($1)", &[&n]).await.unwrap();
    }

    let before = running.postmaster_pid();
    assert!(
        Command::new("kill")
            .args(["-9", &before.to_string()])
            .status()
            .unwrap()
            .success()
    );
    running.restart_after_crash().unwrap();
    assert_ne!(running.postmaster_pid(), before);
    let client = connect(&running.url()).await;
    let rows: i64 = client.query_one("SELECT count(*) FROM kept", &[]).await.unwrap().get(0);
    assert_eq!(rows, 60, "rows that were acknowledged before the kill");

    let second = launcher::start(&small(folder.path())).err();
    assert!(matches!(second, Some(LaunchError::Busy { .. })), "{second:?}");

    running.stop();
    assert!(!running.is_alive());
    drop(running);
    let log = std::fs::read_to_string(folder.path().join("postgres.log")).unwrap();
    assert!(log.contains("database system is shut down"), "a stop is clean:\n{log}");
    let running = launcher::start(&small(folder.path())).unwrap();
    connect(&running.url())
        .await
        .batch_execute("SELECT * FROM kept")
        .await
        .unwrap();
}

#[test]
fn the_server_outlives_the_thread_that_started_it() {
    let folder = Scratch::new("launcher");
    let path = folder.path().to_owned();
    let running = std::thread::spawn(move || launcher::start(&small(&path)).unwrap())
        .join()
        .unwrap();
    std::thread::sleep(Duration::from_millis(500));
    assert!(
        running.is_alive(),
        "the parent-death signal must not follow the starting thread"
    );
}

#[test]
fn a_folder_of_another_major_version_is_refused_with_three_ways_out() {
    let folder = Scratch::new("launcher");
    std::fs::create_dir(folder.path().join("pg")).unwrap();
    std::fs::write(folder.path().join("pg/PG_VERSION"), "12\n").unwrap();
    let nobody = Command::new("chown")
        .arg("-R")
        .arg("nobody")
        .arg(folder.path())
        .status()
        .unwrap()
        .success();
    let error = launcher::start(&small(folder.path())).err().unwrap();
    assert!(
        matches!(error, LaunchError::WrongMajor { wanted: 12, .. }),
        "as root: {nobody}, {error:?}"
    );
    let text = error.to_string();
    for part in [
        "PostgreSQL 12",
        "(1) install",
        "(2) upgrade",
        "pg_upgrade",
        "(3)",
        "export",
        "import",
    ] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
}

#[test]
fn settings_that_guard_durability_are_refused() {
    let folder = Scratch::new("launcher");
    for name in ["fsync", "Full_Page_Writes", "synchronous_commit", "listen_addresses"] {
        let mut options = small(folder.path());
        options.settings.push((name.into(), "off".into()));
        let error = launcher::start(&options).err();
        assert!(matches!(error, Some(LaunchError::Setting { .. })), "{name}: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_whose_path_is_too_long_for_a_socket_works() {
    let folder = Scratch::new("launcher");
    let deep = folder.path().join("long".repeat(12)).join("it's long".repeat(6));
    let running = launcher::start(&small(&deep)).unwrap();
    connect(&running.url()).await.batch_execute("SELECT 1").await.unwrap();
}
