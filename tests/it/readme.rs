//! The README's commands from a platform file to a month's account per anchor and to its close, run as they stand there.
//! It must never hold a command of its own: what a newcomer reads is what is run, and what is printed is what it shows.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use calamine::{Reader, Xlsx, open_workbook};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::chaos::servers::Process;
use crate::support::folder::Scratch;
use crate::support::pg::fresh_db;

const SECTION: &str = "### From a platform file to a month's account per anchor";
const CLOSE: &str = "## Closing a month";
const BRIEF: &str = "### From a brief to released money in five calls";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Commands of the section with the lines that are shown below each.
fn shown() -> Vec<(String, Vec<String>)> {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let section = text.split(SECTION).nth(1).expect("the section is there");
    let block = section
        .split("```console\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ fenzhang "), commands.last_mut()) {
            (Some(command), _) => commands.push((command.to_owned(), Vec::new())),
            (None, Some((_, lines))) => lines.push(line.to_owned()),
            (None, None) => panic!("output before a command: {line}"),
        }
    }
    commands
}

/// Every shown line is printed, in that order; `…` stands for anything left out.
fn shows(printed: &str, lines: &[String]) -> Result<(), String> {
    let mut printed = printed.lines();
    for line in lines.iter().filter(|line| *line != "…") {
        let pieces: Vec<&str> = line.split('…').collect();
        let holds = |text: &str| {
            let mut rest = text;
            text.starts_with(pieces[0])
                && pieces.iter().all(|piece| match rest.split_once(piece.trim()) {
                    Some((_, after)) => {
                        rest = after;
                        true
                    }
                    None => false,
                })
        };
        if !printed
            .by_ref()
            .any(|text| if pieces.len() == 1 { text == line } else { holds(text) })
        {
            return Err(line.clone());
        }
    }
    Ok(())
}

/// What each anchor gets of the settled rows, computed from the two files alone: after the fee, less what the agency
/// keeps by the contract of the day of the order, half-up.
fn expected(folder: &Path) -> BTreeMap<String, Decimal> {
    let roster = std::fs::read_to_string(folder.join("samples/roster.csv")).unwrap();
    let mut contracts: Vec<Vec<String>> = Vec::new();
    for line in roster.lines().skip(1) {
        contracts.push(line.split(',').map(str::to_owned).collect());
    }
    let bytes = std::fs::read(folder.join("samples/taobao-orders.csv")).unwrap();
    let (orders, ..) = encoding_rs::GBK.decode(&bytes);
    let head: Vec<&str> = orders.lines().next().unwrap().split(',').collect();
    let column = |name: &str| head.iter().position(|heading| *heading == name).unwrap();
    let cent = |amount: Decimal| amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for line in orders.lines().skip(1) {
        let row: Vec<&str> = line.split(',').collect();
        if row[column("订单状态")] != "订单结算" {
            continue;
        }
        let pid = format!(
            "mm_{}_{}_{}",
            row[column("会员ID")],
            row[column("媒体ID")],
            row[column("推广位ID")]
        );
        let day = &row[column("创建时间")][..10];
        let within = |c: &&Vec<String>| {
            c[9].split(';').any(|of| of == pid) && c[6].as_str() <= day && (c[7] == "长期" || day <= c[7].as_str())
        };
        let Some(contract) = contracts.iter().find(within) else {
            continue;
        };
        let amount = |name: &str| row[column(name)].parse::<Decimal>().unwrap();
        let pool = amount("结算预估收入") - amount("技术服务费");
        let keeps = match contract[4].strip_suffix('%') {
            Some(percent) => percent.parse::<Decimal>().unwrap() / Decimal::ONE_HUNDRED,
            None => contract[4].parse().unwrap(),
        };
        *sums.entry(contract[1].clone()).or_default() += pool - cent(pool * keeps);
    }
    sums
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_goes_from_a_platform_file_to_a_months_account_per_anchor_in_five_commands() {
    let db = fresh_db().await;
    let folder = Scratch::new("readme");
    std::fs::create_dir(folder.path().join("samples")).unwrap();
    for file in ["roster.csv", "taobao-orders.csv"] {
        let to = folder.path().join("samples").join(file);
        std::fs::copy(root().join("samples").join(file), to).unwrap();
    }
    let run = |command: &str| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_fenzhang"));
        program.args(command.split_whitespace()).env("DATABASE_URL", db.url());
        program.env("FENZHANG_DATA_DIR", folder.path().join("data"));
        let output = program.current_dir(folder.path()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success(),
            "{command}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    };
    let commands = shown();
    assert!(
        (1..=5).contains(&commands.len()),
        "five commands or fewer: {commands:?}"
    );
    let mut settlement = String::new();
    for (command, lines) in &commands {
        let printed = run(command);
        if let Err(missing) = shows(&printed, lines) {
            panic!("{command} does not print\n{missing}\nbut\n{printed}");
        }
        if command.starts_with("report settlement") {
            settlement = printed;
        }
    }
    let expected = expected(folder.path());
    assert_eq!(expected.len(), 4);
    for (name, amount) in &expected {
        let row = settlement.lines().find(|line| line.contains(name.as_str())).unwrap();
        assert!(row.contains(&format!(" {amount} ")), "{name} gets {amount}: {row}");
        let files = std::fs::read_dir(folder.path().join("statements")).unwrap();
        let mut paths = files.map(|file| file.unwrap().path());
        let path = paths
            .find(|path| path.to_string_lossy().contains(name.as_str()))
            .unwrap();
        let mut book: Xlsx<_> = open_workbook(path).unwrap();
        let cover = book.worksheet_range_at(0).unwrap().unwrap();
        let closing = cover.rows().find(|row| row[0].to_string().contains("期末")).unwrap();
        assert_eq!(closing[2].to_string(), amount.normalize().to_string());
    }
    // Told again, nothing is new.
    assert!(run("roster samples/roster.csv --book mcn").contains("nothing was changed"));
    let again = run("import samples/taobao-orders.csv --book mcn");
    assert!(again.contains("imported to its end before"), "{again}");
    assert_eq!(run("report settlement --book mcn --period 2025-11"), settlement);
    assert!(run("verify --book mcn").contains("good"));
    // The placement that nobody had: one more number in the roster, and what waited is there.
    let roster = folder.path().join("samples/roster.csv");
    let text = std::fs::read_to_string(&roster).unwrap();
    let pid = "mm_100001_200001_300001";
    std::fs::write(
        &roster,
        text.replacen(pid, &format!("{pid};mm_100001_200001_300099"), 1),
    )
    .unwrap();
    assert!(run("roster samples/roster.csv --book mcn").contains("placements 推广位      1       7"));
    assert!(!run("report waiting --book mcn").contains("300099"));
    assert_ne!(run("report settlement --book mcn --period 2025-11"), settlement);
}

/// Commands of a section, in all its blocks, with the lines that are shown below each.
fn section(title: &str) -> Vec<(String, Vec<String>)> {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let section = text
        .split(&format!("\n{title}\n"))
        .nth(1)
        .expect("the section is there");
    let section = section.split("\n## ").next().unwrap();
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    for block in section.split("```console\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((command.to_owned(), Vec::new())),
                (None, Some((_, lines))) => lines.push(line.to_owned()),
                (None, None) => panic!("output before a command: {line}"),
            }
        }
    }
    commands
}

/// Blanks and tabs of any number are one blank: how wide a column is, is not what is shown.
fn narrow(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A person at a shell: variables stay, and an id written `apr_…` is the last one of its kind that was printed.
struct Person<'a> {
    folder: &'a Path,
    database: String,
    variables: BTreeMap<String, String>,
    seen: String,
}

impl Person<'_> {
    fn shell(&self, script: &str) -> std::process::Output {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("fenzhang() {{ \"$PROGRAM\" \"$@\"; }}\n{script}")]);
        shell
            .env("PROGRAM", env!("CARGO_BIN_EXE_fenzhang"))
            .env("LC_ALL", "C.UTF-8");
        shell.env("DATABASE_URL", &self.database).env_remove("FENZHANG_KEY");
        shell.envs(&self.variables).current_dir(self.folder);
        shell.output().unwrap()
    }

    fn last(&self, kind: &str) -> String {
        let at = self.seen.rfind(kind).unwrap_or_else(|| panic!("no {kind} was printed"));
        let id = self.seen[at..].chars();
        id.take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    }

    /// Types a command; true beside what it prints when it succeeds.
    fn types(&mut self, command: &str) -> (bool, String) {
        if let Some(told) = command.strip_prefix("export ") {
            let (name, inner) = told.split_once("=$(").unwrap();
            let output = self.shell(inner.strip_suffix(')').unwrap());
            let value = String::from_utf8(output.stdout).unwrap();
            self.variables.insert(name.to_owned(), value.trim().to_owned());
            return (output.status.success(), String::from_utf8(output.stderr).unwrap());
        }
        let mut script = command.to_owned();
        for kind in ["apr_", "sht_"] {
            let elided = format!("{kind}…");
            if script.contains(&elided) {
                script = script.replace(&elided, &self.last(kind));
            }
        }
        let output = self.shell(&format!("{{ {script}; }} 2>&1"));
        let printed = String::from_utf8(output.stdout).unwrap();
        self.seen.push_str(&printed);
        (output.status.success(), printed)
    }
}

/// One PDF per anchor, and the index of them.
fn holds_a_pdf_per_anchor(path: &Path) {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    for anchor in ["示例主播一", "示例主播二", "示例主播三", "示例主播四"] {
        let of: Vec<&String> = names.iter().filter(|name| name.contains(anchor)).collect();
        assert_eq!(of.len(), 1, "one sheet of {anchor}: {names:?}");
        let mut bytes = Vec::new();
        let mut file = archive.by_name(of[0]).unwrap();
        std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
        assert!(of[0].ends_with(".pdf") && bytes.starts_with(b"%PDF-"), "{}", of[0]);
    }
    assert_eq!(names.len(), 5, "the sheets of four anchors and an index: {names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_closes_the_month_from_cut_off_to_a_pdf_per_anchor() {
    let db = fresh_db().await;
    let folder = Scratch::new("close");
    std::fs::create_dir(folder.path().join("samples")).unwrap();
    for file in std::fs::read_dir(root().join("samples")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.path().join("samples").join(file.file_name())).unwrap();
    }
    let mut person = Person {
        folder: folder.path(),
        database: db.url().to_owned(),
        variables: BTreeMap::new(),
        seen: String::new(),
    };
    for (command, _) in shown() {
        let (done, printed) = person.types(&format!("fenzhang {command}"));
        assert!(done, "{command}: {printed}");
    }
    let mut sheets: Vec<String> = Vec::new();
    let (mut closed, mut printed_pdfs) = (false, false);
    for (command, lines) in section(CLOSE) {
        let font = !command.contains("--format pdf") || crate::export::fonts();
        if !font || (command.starts_with("hledger") && !crate::export::there("hledger", "hledger")) {
            continue;
        }
        let (done, printed) = person.types(&command);
        let ends = lines.iter().any(|line| line.starts_with("fenzhang: "));
        assert_eq!(done, !ends, "{command}: {printed}");
        let plain: String = printed.lines().map(|line| narrow(line) + "\n").collect();
        let lines: Vec<String> = lines.iter().map(|line| narrow(line)).collect();
        if let Err(missing) = shows(&plain, &lines) {
            panic!("{command} does not print\n{missing}\nbut\n{printed}");
        }
        if command.contains("--sheet A003") {
            sheets.push(printed.clone());
        }
        closed |= plain.contains("(locked)");
        if command.contains("--format pdf") {
            holds_a_pdf_per_anchor(&folder.path().join("sheets.zip"));
            printed_pdfs = true;
        }
    }
    assert!(closed, "the month was locked");
    assert!(printed_pdfs || !crate::export::fonts(), "the sheets were printed");
    // The late refund moved the open month alone: the sheet is the same to its hash.
    let [before, after] = &sheets[..] else {
        panic!("the sheet is shown before and after the refund: {sheets:?}")
    };
    assert!(before.contains("sha256"), "{before}");
    assert_eq!(before, after);
}

/// The address that the README and the program name.
const ADDRESS: &str = "http://127.0.0.1:8080";

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_posts_a_brief_as_a_brand_would_and_five_curl_lines_later_its_money_is_released() {
    let db = fresh_db().await;
    let server = Process::start(db.url());
    let folder = Scratch::new("brief");
    let mut person = Person {
        folder: folder.path(),
        database: db.url().to_owned(),
        variables: BTreeMap::from([("FENZHANG_URL".to_owned(), server.address.clone())]),
        seen: String::new(),
    };
    let here = |text: &str| text.replace(ADDRESS, &server.address);
    let mut calls: Vec<String> = Vec::new();
    for (command, lines) in section(BRIEF) {
        let curl = command.starts_with("curl ");
        if curl && !crate::export::there("curl", "curl") {
            continue;
        }
        let (done, printed) = person.types(&here(&command));
        assert!(done, "{command}: {printed}");
        if let Err(missing) = shows(&printed, &lines) {
            panic!("{command} does not print\n{missing}\nbut\n{printed}");
        }
        for (role, variable) in [("  brand ", "BRAND"), ("  owner ", "OWNER")] {
            let key = printed.lines().find(|line| line.starts_with(role));
            if let Some(key) = key.and_then(|line| line.split_whitespace().last()) {
                person.variables.insert(variable.to_owned(), key.to_owned());
            }
        }
        if curl {
            calls.push(here(&command));
        }
    }
    if !crate::export::there("curl", "curl") {
        return;
    }
    // The lines of the README are those that the command prints, with the keys filled in.
    let filled = |line: &str| {
        let line = line.replace("$BRAND", &person.variables["BRAND"]);
        line.replace("$OWNER", &person.variables["OWNER"])
    };
    for call in &calls {
        let call = filled(call);
        assert!(person.seen.lines().any(|line| line == call), "{call}");
    }
    let printed = person
        .seen
        .lines()
        .filter(|line| line.starts_with("curl ") && line.contains(" -d "));
    assert_eq!((printed.count(), calls.len()), (5, 5));
    fenzhang::pull::net::use_ring();
    let client = reqwest::Client::new();
    let owner = &person.variables["OWNER"];
    for (party, amount) in [("A1", "7000.00"), ("G1", "3000.00"), ("B1", "-10500.00")] {
        let url = format!("{}/v1/balances?party={party}", server.address);
        let response = client.get(url).bearer_auth(owner).send().await.unwrap();
        let view: serde_json::Value = response.json().await.unwrap();
        let rows = view["balances"].as_array().unwrap();
        let row = rows.iter().find(|row| row["kind"] == "available").unwrap();
        assert_eq!(row["balance"]["amount"], amount, "{party}: {view}");
    }
    let (good, told) = person.types("fenzhang verify --book demo");
    assert!(good && told.contains("good"), "{told}");
    // A second one of the same name is refused with what to do.
    let (done, told) = person.types("fenzhang sandbox create --brand --name demo");
    assert!(!done && told.contains("what next"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roster_with_problems_names_row_and_column_and_the_good_rows_stand() {
    let db = fresh_db().await;
    let folder = Scratch::new("roster");
    let run = |words: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_fenzhang"));
        program
            .args(words)
            .env("DATABASE_URL", db.url())
            .current_dir(folder.path());
        let output = program.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    let percent = rust_xlsxwriter::Format::new().set_num_format("0%");
    let day = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    sheet
        .write_row(0, 0, ["主播编号", "主播姓名", "机构", "机构分成", "合同开始", "推广位"])
        .unwrap();
    for (row, (number, share)) in (1..).zip([("A1", 0.3), ("A2", 30.0)]) {
        sheet.write_row(row, 0, [number, number, "G"]).unwrap();
        match share < 1.0 {
            true => sheet.write_number_with_format(row, 3, share, &percent).unwrap(),
            false => sheet.write_number(row, 3, share).unwrap(),
        };
        let date = rust_xlsxwriter::ExcelDateTime::parse_from_str("2025-01-01").unwrap();
        sheet.write_datetime_with_format(row, 4, date, &day).unwrap();
        sheet.write_string(row, 5, format!("mm_1_2_{row}")).unwrap();
    }
    workbook.save(folder.path().join("roster.xlsx")).unwrap();
    let (code, checked, error) = run(&["roster", "roster.xlsx", "--book", "mcn", "--check"]);
    assert_eq!(code, Some(1), "{checked}{error}");
    assert!(
        checked.contains("row 2, agency_share 机构分成比例: write 30%"),
        "{checked}"
    );
    assert!(
        checked.contains("nothing was changed") && error.contains("what next"),
        "{checked}{error}"
    );
    let (_, nothing, _) = run(&["verify", "--book", "mcn"]);
    assert_eq!(nothing, "", "a check makes no book");
    let (code, told, error) = run(&["roster", "roster.xlsx", "--book", "mcn", "--problems", "wrong.csv"]);
    assert_eq!(code, Some(1), "{told}{error}");
    assert!(told.contains("contracts 机构合约     1       0"), "{told}");
    assert!(
        error.contains("left out 1 row with problems; the others stand"),
        "{error}"
    );
    let wrong = std::fs::read_to_string(folder.path().join("wrong.csv")).unwrap();
    assert!(wrong.contains("rate_unit"), "{wrong}");
    let (_, sample, _) = run(&["roster", "--sample"]);
    assert_eq!(
        sample,
        std::fs::read_to_string(root().join("samples/roster.csv")).unwrap()
    );
}
