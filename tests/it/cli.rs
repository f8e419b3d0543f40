//! The command line as people use it: the built program in a process of its own, on a database of its own.
//! It must never start a server on a fixed port.

use std::process::{Command, Output};

use crate::support::folder::Scratch;
use crate::support::pg::{TestDb, fresh_db};

/// Runs the program on a test's database.
pub fn fenzhang(db: &TestDb, folder: &Scratch, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenzhang"));
    command.args(words).env("DATABASE_URL", db.url());
    command.env("FENZHANG_DATA_DIR", folder.path().join("data"));
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The keys that `dev` printed, by role.
fn key(printed: &str, role: &str) -> String {
    let line = printed.lines().find(|line| line.trim_start().starts_with(role));
    line.unwrap().split_whitespace().last().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_makes_everything_once_and_the_other_commands_find_it() {
    let db = fresh_db().await;
    let folder = Scratch::new("cli");
    let run = |words: &[&str]| fenzhang(&db, &folder, words);
    let first = text(&run(&["dev", "--once"]));
    assert!(first.contains("20000 clicks") && first.contains("结算汇总"), "{first}");
    let second = text(&run(&["dev", "--once"]));
    assert!(second.contains("is there already"), "{second}");
    assert_eq!(
        key(&first, "finance"),
        key(&second, "finance"),
        "the keys of the first start still work"
    );
    let balance = text(&run(&["report", "trial-balance", "--book", "sample"]));
    assert!(balance.contains("balanced"), "{balance}");
    let csv = text(&run(&[
        "report",
        "settlement",
        "--period",
        "2025-11",
        "--format",
        "csv",
    ]));
    assert!(csv.contains("62782.42"), "the anchors' sum of the sample: {csv}");
    assert!(text(&run(&["verify"])).contains("money log"));
    assert!(text(&run(&["rebuild"])).contains("equal"));
    assert!(text(&run(&["explain", "taobao:S000001-1"])).contains("S000001-1"));
    let suspense = text(&run(&["explain", "balance", "--account", "book:suspense"]));
    assert!(suspense.starts_with("0.00 CNY: book:suspense"), "{suspense}");
    assert!(text(&run(&["report", "balance-sheet"])).contains("balanced 平"));
    let rates = text(&run(&["report", "return-rates", "--by", "shop", "--period", "2025-11"]));
    assert!(rates.contains("shop 店铺") && rates.contains("sum 合计"), "{rates}");
    assert!(text(&run(&["export", "entries"])).lines().count() > 1_000);
    let events = text(&run(&["export", "events"]));
    assert!(events.lines().next().unwrap().contains("book.opened"));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_listed_and_revoked() {
    let db = fresh_db().await;
    let folder = Scratch::new("cli");
    let file = folder.path().join("clicks.csv");
    std::fs::write(
        &file,
        "platform,at,buyer,promoter,item_no\ntaobao,2026-01-01T00:00:00Z,b1,A1,i1\n",
    )
    .unwrap();
    let run = |words: &[&str]| fenzhang(&db, &folder, words);
    let file = file.to_str().unwrap();
    let imported = text(&run(&["import", file, "--mapping", "generic-clicks", "--book", "shop"]));
    assert!(imported.contains("clicks recorded"), "{imported}");
    let made = text(&run(&[
        "keys", "create", "--book", "shop", "--role", "owner", "--label", "first",
    ]));
    assert!(made.starts_with("fz_live_"), "{made}");
    let listed = text(&run(&["keys", "list", "--book", "shop"]));
    let id = listed.split_whitespace().find(|word| word.starts_with("key_")).unwrap();
    assert!(!listed.contains(made.trim()), "a secret is shown once");
    assert!(text(&run(&["keys", "revoke", id, "--book", "shop"])).contains("revoked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_one_sentence_and_an_exit_code() {
    let db = fresh_db().await;
    let folder = Scratch::new("cli");
    let run = |words: &[&str]| fenzhang(&db, &folder, words);
    for (words, code, says) in [
        (vec!["report", "nothing"], 2, "there is no report"),
        (
            vec!["import", "/nowhere.csv", "--mapping", "generic-clicks"],
            2,
            "cannot read /nowhere.csv",
        ),
        (vec!["import", "/nowhere.csv", "--mapping", "nothing"], 2, "no mapping"),
        (vec!["verify"], 1, "there is no book yet"),
        (vec!["verify", "--book", "nobody"], 2, "there is no book"),
    ] {
        let output = run(&words);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {error}");
        assert!(error.contains(says), "{error}");
        assert!(!error.contains("panicked"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_finds_the_mapping_of_a_workbook_by_itself_and_says_when_none_fits() {
    let db = fresh_db().await;
    let folder = Scratch::new("cli");
    let run = |words: &[&str]| fenzhang(&db, &folder, words);
    let book = folder.path().join("orders.xlsx");
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    let rows = [
        ["platform", "line_no", "fact", "at", "amount", "currency"],
        ["x", "451367485256392201", "paid", "2026-01-01T00:00:00Z", "1.00", "CNY"],
        [
            "x",
            "4.51367485256392E+17",
            "paid",
            "2026-01-01T00:00:00Z",
            "1.00",
            "CNY",
        ],
    ];
    for (row, cells) in (0..).zip(rows) {
        sheet.write_row(row, 0, cells).unwrap();
    }
    workbook.save(&book).unwrap();
    let checked = text(&run(&["import", book.to_str().unwrap(), "--check"]));
    assert!(
        checked.contains("fits generic-orders") && checked.contains("nothing was changed"),
        "{checked}"
    );
    assert!(checked.contains("id_mangled") && checked.contains("row 2"), "{checked}");
    let strange = folder.path().join("strange.csv");
    std::fs::write(&strange, "a,b\n1,2\n").unwrap();
    let output = run(&["import", strange.to_str().unwrap(), "--check"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(
        error.contains("fits no ready mapping") && error.contains("--mapping"),
        "{error}"
    );
}
