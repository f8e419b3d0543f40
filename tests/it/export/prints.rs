//! Printed sheets: every line is on the paper once, the Chinese comes out of the file as it went in, and equal sheets are equal
//! bytes; the workbook opens in a spreadsheet program with numbers as numbers and ids as text.
//! It must never look at how a page is laid out: a person does.

use fenzhang::domain::person::Role;
use fenzhang::export::font::Fonts;
use fenzhang::export::paper::{Amount, Annex, Column, Paper, Side};

use super::{closed, download, fonts, run, taken, text, there, two_months};
use crate::acceptance::stage::Stage;
use crate::ledger::open_workbook;
use crate::support::folder::Scratch;

/// The text of a PDF, by page, without blanks: how wide they are is a matter of taste.
fn pages(folder: &Scratch, pdf: &[u8]) -> Vec<String> {
    let said = run(folder, "pdftotext", &["-layout"], "sheet.pdf", pdf, &["-"]);
    assert!(said.status.success(), "{said:?}");
    let text = text(&said);
    let pages = text.trim_end_matches('\u{c}').split('\u{c}');
    pages.map(|page| page.split_whitespace().collect()).collect()
}

fn long_paper(lines: usize) -> Paper {
    let column = |head, share| Column {
        head,
        share,
        right: false,
    };
    let row = |n: usize| {
        vec![
            format!("3900000000000{n:05}"),
            format!("佣金结算 {n}"),
            "1.00".to_owned(),
        ]
    };
    Paper {
        title: "结算单".to_owned(),
        number: "JS-2026-05-01".to_owned(),
        mark: Some("草稿 DRAFT".to_owned()),
        sides: ["上海某某文化传媒有限公司", "李晓（杭州）直播工作室"]
            .map(|name| Side {
                name: name.to_owned(),
                ..Side::default()
            })
            .to_vec(),
        amounts: vec![Amount {
            label: "应付".to_owned(),
            note: "note".to_owned(),
            figure: "-1234.56".to_owned(),
            strong: true,
        }],
        words: Some(("大写：".to_owned(), "人民币壹仟贰佰叁拾肆元伍角陆分".to_owned())),
        seals: vec!["甲方（盖章）".to_owned(), "乙方（盖章）".to_owned()],
        annex: Some(Annex {
            title: "附件：明细".to_owned(),
            columns: vec![column("子订单号", 40), column("摘要", 40), column("金额", 20)],
            rows: (0..lines).map(row).collect(),
            left_out: 7,
        }),
        ..Paper::default()
    }
}

#[test]
fn every_line_is_printed_once_under_a_heading_that_each_page_repeats() {
    if !fonts() || !there("pdftotext", "poppler-utils") {
        return;
    }
    let fonts = Fonts::get().unwrap();
    let folder = Scratch::new("print");
    let paper = long_paper(300);
    let pdf = paper.print(fonts).unwrap();
    assert_eq!(pdf, paper.print(fonts).unwrap(), "equal papers are equal bytes");
    let pages = pages(&folder, &pdf);
    assert!(pages.len() > 5, "{}", pages.len());
    let whole = pages.concat();
    for n in 0..300 {
        assert_eq!(whole.matches(&format!("3900000000000{n:05}")).count(), 1, "line {n}");
    }
    for (number, page) in pages.iter().enumerate() {
        let said = format!("第{}页/共{}页", number + 1, pages.len());
        assert!(page.contains(&said), "{page}");
        assert!(number == 0 || page.contains("子订单号"), "{page}");
    }
    for words in [
        "上海某某文化传媒有限公司",
        "李晓（杭州）直播工作室",
        "人民币壹仟贰佰叁拾肆元伍角陆分",
        "-1234.56",
        "甲方（盖章）",
        "草稿DRAFT",
        "另有7行未打印",
    ] {
        assert!(whole.contains(words), "{words}: {}", pages[0]);
    }
}

#[test]
fn names_of_any_length_and_script_leave_a_page_that_can_be_read() {
    if !fonts() || !there("pdftotext", "poppler-utils") {
        return;
    }
    let mut paper = long_paper(3);
    paper.sides[1].name = "某".repeat(200);
    paper.sides[0].name = "A very long company name of many words that goes on and on ".repeat(3);
    paper.amounts[0].label = "=cmd|'/C calc'!A0 \u{202e}😀\0\n".to_owned();
    let pdf = paper.print(Fonts::get().unwrap()).unwrap();
    let pages = pages(&Scratch::new("long"), &pdf);
    assert!(pages[0].contains("=cmd|'/Ccalc'!A0"), "{}", pages[0]);
    assert!(pages.concat().contains("390000000000000002"));
}

/// The sheet of a party in a run.
async fn sheet_of(stage: &Stage, run: &str, name: &str) -> String {
    let view = stage.get(&format!("/v1/settlements/{run}/sheets?limit=1000")).await;
    let found = view["sheets"]
        .as_array()
        .unwrap()
        .iter()
        .find(|sheet| sheet["name"] == name);
    found.unwrap_or_else(|| panic!("{view}"))["sheet"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_on_paper_says_what_the_sheet_says() {
    let stage = two_months().await;
    let run_id = closed(&stage, "2026-05").await;
    let id = sheet_of(&stage, &run_id, "A").await;
    let sheet = stage.get(&format!("/v1/sheets/{id}")).await;
    let csv = String::from_utf8(taken(&stage, &format!("/v1/exports/sheets/{id}?format=csv")).await).unwrap();
    let payable = sheet["payable"]["amount"].as_str().unwrap();
    assert!(
        csv.contains(&format!("payable,payable,应付,,,,,,{payable},,CNY")),
        "{csv}"
    );
    assert_eq!(csv.matches("\r\nline,").count(), 2, "{csv}");
    if !fonts() || !there("pdftotext", "poppler-utils") {
        return;
    }
    let pdf = taken(&stage, &format!("/v1/exports/sheets/{id}")).await;
    let pages = pages(&Scratch::new("sheet"), &pdf);
    for words in [
        "结算单",
        "草稿DRAFT",
        payable,
        sheet["sha256"].as_str().unwrap(),
        sheet["lines_sha256"].as_str().unwrap(),
        "测试账套",
        "人民币",
        "佣金结算",
    ] {
        assert!(pages[0].contains(words), "{words}: {}", pages[0]);
    }
    assert!(
        pages[1].contains("390000000000000001") && pages[1].contains("390000000000000002"),
        "{}",
        pages[1]
    );
    assert!(
        !pages.concat().contains("390000000000000003"),
        "it was stamped with June"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_takes_its_own_statement_and_sheet_and_nobody_elses() {
    let stage = two_months().await;
    let run = closed(&stage, "2026-05").await;
    let id = sheet_of(&stage, &run, "A").await;
    for role in [Role::Anchor, Role::Agency, Role::Brand, Role::Supplier] {
        let (status, _) = download(&stage, role, &format!("/v1/exports/sheets/{id}?format=csv")).await;
        let missing = Role::Supplier == role;
        assert_eq!(status, if missing { 403 } else { 404 }, "{role:?}: another party's");
        let (status, _) = download(&stage, role, "/v1/exports/sheets?period=2026-05").await;
        assert_eq!(status, 403, "{role:?}");
    }
    let (status, _) = download(&stage, Role::Anchor, "/v1/statements?period=2026-05&format=csv").await;
    assert_eq!(status, 200, "its own, although empty");
    let (status, _) = download(&stage, Role::Anchor, "/v1/statements?period=2026-05&party=A&format=pdf").await;
    assert_eq!(status, 404, "another party's");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workbook_of_a_sheet_opens_with_numbers_as_numbers_and_ids_as_text() {
    let stage = two_months().await;
    let run_id = closed(&stage, "2026-05").await;
    let id = sheet_of(&stage, &run_id, "A").await;
    let bytes = taken(&stage, &format!("/v1/exports/sheets/{id}?format=xlsx")).await;
    let sheets = open_workbook(bytes.clone());
    let closing = sheets[0]
        .iter()
        .find(|row| row[1] == calamine::Data::String("closing".into()))
        .unwrap();
    let sheet = stage.get(&format!("/v1/sheets/{id}")).await;
    let said: f64 = sheet["closing"]["amount"].as_str().unwrap().parse().unwrap();
    assert_eq!(closing[2], calamine::Data::Float(said));
    assert_eq!(sheets[1].len(), 3, "a heading and two lines");
    if !there("soffice", "libreoffice-calc-nogui") {
        return;
    }
    let folder = Scratch::new("office");
    let home = format!("-env:UserInstallation=file://{}/home", folder.path().display());
    let before = [home.as_str(), "--headless", "--convert-to", "fods", "--outdir", "."];
    let said = run(&folder, "soffice", &before, "sheet.xlsx", &bytes, &[]);
    assert!(said.status.success(), "{said:?}");
    let flat = std::fs::read_to_string(folder.path().join("sheet.fods")).unwrap();
    let cell = |text: &str| {
        let at = flat
            .find(&format!("<text:p>{text}</text:p>"))
            .unwrap_or_else(|| panic!("{text}"));
        let begins = flat[..at].rfind("<table:table-cell").unwrap();
        flat[begins..at].to_owned()
    };
    assert!(cell("390000000000000001").contains("office:value-type=\"string\""));
    let closing = cell(sheet["closing"]["amount"].as_str().unwrap());
    assert!(closing.contains("office:value-type=\"float\""), "{closing}");
    assert!(!flat.contains("table:formula"), "nothing is a formula");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_font_there_is_no_pdf_and_the_command_says_what_to_install() {
    let stage = two_months().await;
    let party = stage.get("/v1/parties?kind=anchor&limit=1000").await;
    let party = party["parties"]
        .as_array()
        .unwrap()
        .iter()
        .find(|party| party["name"] == "A")
        .unwrap()["party"]
        .clone();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_fenzhang"));
    command
        .env("DATABASE_URL", stage.server.db.url())
        .env("FENZHANG_FONT", "nowhere.ttf");
    let words = [
        "export",
        "statement",
        "--party",
        party.as_str().unwrap(),
        "--period",
        "2026-05",
        "--format",
        "pdf",
    ];
    let output = command.args(words).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.contains("font_missing") && error.contains("fonts-noto-cjk"),
        "{error}"
    );
    assert!(output.stdout.is_empty(), "nothing was written");
}
