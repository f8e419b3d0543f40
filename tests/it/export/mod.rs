//! Files that people take away, read by what they are made for: hledger, beancount, poppler, LibreOffice.
//! It must never skip one of these silently: a program that is not there is named, and is a failure where FENZHANG_REQUIRE
//! names it.

mod archives;
mod injection;
mod journal;
mod prints;
mod vouchers;

use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};

use fenzhang::domain::person::Role;
use fenzhang::export::font::Fonts;
use serde_json::json;

use crate::acceptance::stage::{Stage, deducted, fact, paying, refund};
use crate::support::folder::Scratch;

/// True when a program can be run; says so when it cannot, and fails when FENZHANG_REQUIRE names `package`.
pub fn there(program: &str, package: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        let required = std::env::var("FENZHANG_REQUIRE").unwrap_or_default();
        assert!(
            !required.split(',').any(|name| name == package),
            "FENZHANG_REQUIRE={package}, but there is no {program}"
        );
        eprintln!("skipped: there is no {program} (package {package})");
    }
    found
}

/// True when this machine can print Chinese.
pub fn fonts() -> bool {
    let found = Fonts::get().is_ok();
    if !found {
        let required = std::env::var("FENZHANG_REQUIRE").unwrap_or_default();
        assert!(
            !required.split(',').any(|name| name == "fonts"),
            "FENZHANG_REQUIRE=fonts, but there is none"
        );
        eprintln!("skipped: no font that prints Chinese (package fonts-noto-cjk)");
    }
    found
}

/// Runs a program on a file of its own that holds `bytes`.
pub fn run(folder: &Scratch, program: &str, before: &[&str], file: &str, bytes: &[u8], after: &[&str]) -> Output {
    let path = folder.path().join(file);
    std::fs::write(&path, bytes).unwrap();
    let mut command = Command::new(program);
    command.args(before).arg(&path).args(after);
    command.env("LC_ALL", "C.UTF-8").current_dir(folder.path());
    command.output().unwrap()
}

pub fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Downloads as a role.
pub async fn download(stage: &Stage, role: Role, path: &str) -> (u16, Vec<u8>) {
    let response = stage.server.request(role, "GET", path).send().await.unwrap();
    (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
}

/// The same of what must be there.
pub async fn taken(stage: &Stage, path: &str) -> Vec<u8> {
    let (status, bytes) = download(stage, Role::Finance, path).await;
    assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&bytes));
    bytes
}

/// May: three lines settled, one of them dated after the cut-off and pointing back; June: a part refund after settlement, and
/// one line that stays an estimate. The anchor and the brand have Chinese names.
pub async fn two_months() -> Stage {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    stage.clicked("2026-05-20T10:00:00+08:00").await;
    let line = |no: &'static str| {
        [
            paying(no, "paid", "2026-05-20T12:05:00+08:00", "199.00"),
            fact(no, "received", "2026-05-24T12:00:00+08:00"),
            fact(no, "settled", "2026-05-25T12:00:00+08:00"),
        ]
    };
    stage.applied(&line("390000000000000001")).await;
    stage.applied(&line("390000000000000002")).await;
    stage.clock("2026-06-20T12:00:00+08:00").await;
    stage.accepted("/v1/periods/2026-05/cut-off", json!({})).await;
    stage.applied(&line("390000000000000003")).await;
    stage
        .applied(&[
            refund("390000000000000001", "R-1", "2026-06-05T12:00:00+08:00", "49.75"),
            deducted("390000000000000001", "R-1", "2026-06-06T12:00:00+08:00"),
            paying("390000000000000004", "paid", "2026-05-20T12:06:00+08:00", "50.00"),
        ])
        .await;
    stage
}

/// A manual entry that a second person approves.
pub async fn adjusted(stage: &Stage, reason: &str, legs: serde_json::Value) {
    let body = json!({"entry": {"at": "2026-06-10T12:00:00+08:00", "reason": reason, "legs": legs}});
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let key = format!("ask-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let server = &stage.server;
    let (status, asked) = server.post(Role::Finance, "/v1/adjustments", &key, &body).await;
    assert!(status < 300, "{asked}");
    let path = format!("/v1/approvals/{}", asked["id"].as_str().unwrap());
    stage.accepted(&path, json!({"verdict": "approve"})).await;
}

/// Closes a month and waits for its sheets; the run.
pub async fn closed(stage: &Stage, period: &str) -> String {
    let run = stage.accepted("/v1/settlements", json!({"period": period})).await;
    let run = run["id"].as_str().unwrap().to_owned();
    for _ in 0..600 {
        let view = stage.get(&format!("/v1/settlements?period={period}")).await;
        if view["runs"][0]["stage"] == "drafted" {
            return run;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the run of {period} was not drafted within a minute");
}
