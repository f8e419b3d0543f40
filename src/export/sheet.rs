//! A settlement sheet 结算单 as a PDF, a workbook or CSV: opening, its parts, closing, what is payable, and the lines as annex.
//! Must never show an amount that the drafted sheet does not hold: the parts, the closing and the digest are its own.

use std::io::{Seek, Write};

use tokio_postgres::Client;

use super::paper::{ANNEX_LINES, Amount, Paper};
use super::statement::{annex, minor, owner_side, party_side, seals};
use super::words::amount_in_words;
use crate::base::{LogId, SheetId, Zone};
use crate::ledger::AccountKind;
use crate::report::{
    At, BookFace, Cell, CsvRows, Money, Page, ReportError, SheetView, StatementKey, StatementLine, Table, Viewer,
    XlsxRows, book_face, sheet, statement, statement_cells, statement_columns,
};

/// The number that people call a sheet by: month, run of the month, the end of its id.
pub fn sheet_number(sheet: &SheetView) -> String {
    let id = sheet.sheet.0.simple().to_string();
    format!(
        "JS-{}-{:02}-{}",
        sheet.period,
        sheet.number,
        id.get(22..).unwrap_or(&id).to_uppercase()
    )
}

/// Reads the lines of a sheet page by page: its account and currency in its month, as of the position it reflects.
struct Lines<'a> {
    client: &'a Client,
    log: LogId,
    sheet: &'a SheetView,
    page: Option<Page>,
}

impl<'a> Lines<'a> {
    fn of(client: &'a Client, log: LogId, sheet: &'a SheetView) -> Lines<'a> {
        let page = Some(Page::first(Page::MOST));
        Lines {
            client,
            log,
            sheet,
            page,
        }
    }

    /// The next lines; none at the end.
    async fn next(&mut self) -> Result<Option<Vec<StatementLine>>, ReportError> {
        let Some(page) = self.page.take() else { return Ok(None) };
        let sheet = self.sheet;
        let key = StatementKey {
            party: sheet.party,
            account: sheet.account,
            period: sheet.period,
        };
        let (viewer, at) = (Viewer::Party(sheet.party), At::Position(sheet.position));
        let view = statement(self.client, self.log, viewer, key, at, &page).await?;
        self.page = view.next.map(|next| Page::after(Some(next), Page::MOST));
        let lines = view.lines.into_iter();
        Ok(Some(
            lines.filter(|line| line.amount.currency == sheet.currency).collect(),
        ))
    }
}

/// A sheet as it is printed. Whoever may not see the sheet finds none.
pub async fn sheet_paper(client: &Client, log: LogId, viewer: Viewer, id: SheetId) -> Result<Paper, ReportError> {
    let sheet = sheet(client, log, viewer, id).await?;
    let face = book_face(client, log, At::Now).await?;
    let (mut printed, mut left_out) = (Vec::new(), 0);
    let mut lines = Lines::of(client, log, &sheet);
    while let Some(page) = lines.next().await? {
        let room = ANNEX_LINES.saturating_sub(printed.len());
        left_out += page.len().saturating_sub(room) as u64;
        printed.extend(page.into_iter().take(room));
    }
    paper(&face, &sheet, &printed, left_out)
}

/// What stands across the head of a sheet that is not issued yet.
fn mark(sheet: &SheetView) -> Option<String> {
    match sheet.stage.word() {
        "issued" | "locked" if sheet.held_back => Some("暂缓 HELD BACK".to_owned()),
        "issued" | "locked" => None,
        "dropped" => Some("作废 DROPPED".to_owned()),
        _ if sheet.status == "contested" => Some("异议 CONTESTED".to_owned()),
        _ => Some("草稿 DRAFT".to_owned()),
    }
}

/// The words of a sheet's state.
fn status(sheet: &SheetView) -> &'static str {
    match sheet.status.as_str() {
        "delivered" => "已送达 delivered",
        "confirmed" => "已确认 confirmed",
        "deemed_confirmed" => "视同确认 deemed confirmed",
        "contested" => "有异议 contested",
        _ => "已编制 drafted",
    }
}

fn paper(face: &BookFace, sheet: &SheetView, lines: &[StatementLine], left_out: u64) -> Result<Paper, ReportError> {
    let number = sheet_number(sheet);
    let sides = vec![
        owner_side(face),
        party_side(sheet.party, &sheet.name, sheet.external_id.as_deref()),
    ];
    let fact = |label: &str, value: String| (label.to_owned(), value);
    Ok(Paper {
        title: if sheet.exit { "离场结算单" } else { "结算单" }.to_owned(),
        subtitle: "Settlement sheet".to_owned(),
        number: number.clone(),
        mark: mark(sheet),
        seals: seals(&sides),
        sides,
        facts: vec![
            fact("编号 No.", number),
            fact("账期 Period", format!("{} · 第 {} 次", sheet.period, sheet.number)),
            fact("状态 State", status(sheet).to_owned()),
            fact("截至位置 Position", sheet.position.to_string()),
            fact("币种 Currency", sheet.currency.clone()),
            fact("变动笔数 Movements", format!("{}（全部科目）", sheet.lines)),
            fact("结算单校验 SHA-256", sheet.sha256.clone()),
            fact("明细校验 SHA-256", sheet.lines_sha256.clone()),
        ],
        heads: [
            "项目 Item".to_owned(),
            "说明 Note".to_owned(),
            format!("金额 Amount ({})", sheet.currency),
        ],
        amounts: amounts(sheet),
        words: words(sheet)?,
        notes: notes(sheet),
        annex: Some(annex(lines, left_out, face.zone)),
        foot: format!(
            "{} · 位置 {} · {}",
            sheet.period,
            sheet.position,
            sheet.sha256.get(..16).unwrap_or("")
        ),
    })
}

fn amounts(sheet: &SheetView) -> Vec<Amount> {
    let row = |label: String, note: &str, money: &Money, strong| Amount {
        label,
        note: note.to_owned(),
        figure: money.amount.clone(),
        strong,
    };
    let mut rows = vec![row("期初 Opening".to_owned(), "上期期末", &sheet.opening, false)];
    for part in &sheet.parts {
        rows.push(row(part.text_zh.to_owned(), part.text, &part.amount, false));
    }
    rows.push(row(
        "期末 Closing".to_owned(),
        "期初与以上各项之和",
        &sheet.closing,
        true,
    ));
    if sheet.account == AccountKind::Available {
        rows.push(row(
            "结转 Carried".to_owned(),
            "负数或未达最低结算额，转入下期",
            &sheet.carried,
            false,
        ));
        rows.push(row("应付 Payable".to_owned(), "本次结算应付乙方", &sheet.payable, true));
    }
    for (en, zh, money) in sheet.beside() {
        rows.push(row(zh.to_owned(), en, money, false));
    }
    let moved = |money: &Money| money.amount.bytes().any(|b| matches!(b, b'1'..=b'9'));
    for other in sheet
        .others
        .iter()
        .filter(|other| moved(&other.closing) || moved(&other.moved))
    {
        let note = format!("其他科目期末；本期变动 {}", other.moved.amount);
        rows.push(row(
            format!("{} {}", other_word(other.account), other.account.word()),
            &note,
            &other.closing,
            false,
        ));
    }
    rows
}

/// The Chinese word of an account beside the main one.
fn other_word(account: AccountKind) -> &'static str {
    match account.word() {
        "frozen" => "冻结",
        "clawback_due" => "待扣回",
        "held" => "履约冻结",
        "direct_paid" => "平台直付",
        "advance" => "预支",
        "purchases" => "采购",
        "available" => "可付",
        _ => "其他",
    }
}

fn words(sheet: &SheetView) -> Result<Option<(String, String)>, ReportError> {
    let (label, money) = match sheet.account {
        AccountKind::Commission => ("乙方应付金额（大写）：", &sheet.closing),
        _ => ("应付金额（大写）：", &sheet.payable),
    };
    let (amount, currency) = minor(money)?;
    let amount = match sheet.account {
        AccountKind::Commission => amount.negated()?,
        _ => amount,
    };
    Ok(amount_in_words(amount, currency).map(|words| (label.to_owned(), words)))
}

fn notes(sheet: &SheetView) -> Vec<String> {
    let mut notes = vec!["金额以“+”为乙方应得、“-”为应扣；各项之和与期初相加等于期末，期末转入下期期初。".to_owned()];
    // What a brand owes is negative as a matter of course.
    let owed = sheet.account == AccountKind::Available;
    if let (Some(since), Some(months), true) = (sheet.negative_since, sheet.negative_months, owed) {
        notes.push(format!(
            "余额自 {since} 起为负，已 {months} 个账期。Negative since {since}."
        ));
    }
    if let Some(reason) = &sheet.suspended {
        notes.push(format!(
            "暂停付款 Not paid：{}；恢复后计入下一次结算的应付。Payable in the first run after it is resumed.",
            super::words::one_line(reason)
        ));
    }
    if sheet.exit {
        notes.push(
            "离场结算：截至上述位置已结算的金额；预估部分及以后的数据计入后续结算单。Exit settlement: what was settled up to the \
             position above; what is estimated, and what comes later, stands on a later sheet."
                .to_owned(),
        );
    }
    if let Some(day) = &sheet.pay_by {
        notes.push(format!("付款期限 To be paid by：{day}"));
    }
    if let Some(contest) = &sheet.contest {
        notes.push(format!("异议 Contest：{}", super::words::one_line(&contest.reason)));
        if let Some(answer) = &contest.answer {
            notes.push(format!("答复 Answer：{}", super::words::one_line(answer)));
        }
    }
    notes.push(
        "校验值取自结算单及其明细清单；fenzhang verify 会按账本重新编制已签发的结算单并核对。The digests are those of the sheet and of \
         its list of lines; `fenzhang verify` draws issued sheets up again and compares."
            .to_owned(),
    );
    notes
}

/// Every amount of a sheet with its names: opening, parts, closing, carried, payable, other accounts.
fn figures(sheet: &SheetView) -> Vec<(&'static str, String, String, &Money)> {
    let mut rows = vec![("opening", "opening".to_owned(), "期初".to_owned(), &sheet.opening)];
    for part in &sheet.parts {
        rows.push(("part", part.text.to_owned(), part.text_zh.to_owned(), &part.amount));
    }
    rows.push(("closing", "closing".to_owned(), "期末".to_owned(), &sheet.closing));
    rows.push(("carried", "carried".to_owned(), "结转".to_owned(), &sheet.carried));
    rows.push(("payable", "payable".to_owned(), "应付".to_owned(), &sheet.payable));
    for (en, zh, money) in sheet.beside() {
        rows.push(("note", en.to_owned(), zh.to_owned(), money));
    }
    if let Some(reason) = &sheet.suspended {
        let reason = super::words::one_line(reason);
        let (en, zh) = (format!("not paid: {reason}"), format!("暂停付款：{reason}"));
        rows.push(("note", en, zh, &sheet.carried));
    }
    for other in &sheet.others {
        let zh = other_word(other.account).to_owned();
        rows.push(("other", other.account.word().to_owned(), zh, &other.closing));
    }
    rows
}

const COLUMNS: [&str; 12] = [
    "row 行",
    "what",
    "项目",
    "date 日期",
    "order_no 订单号",
    "line_no 子订单号",
    "event",
    "position",
    "amount 金额",
    "balance 余额",
    "currency 币种",
    "points_back_to 原账期",
];

/// A sheet as CSV: one row a figure, then one row a line. Opening and the rows called `part` sum to the closing, and so do
/// opening and the rows called `line`.
pub async fn sheet_csv(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    id: SheetId,
    out: impl Write,
) -> Result<(), ReportError> {
    let sheet = sheet(client, log, viewer, id).await?;
    let zone = book_face(client, log, At::Now).await?.zone;
    let mut rows = CsvRows::start(out, &COLUMNS)?;
    for (row, what, zh, money) in figures(&sheet) {
        let mut cells: [Cell; 12] = std::array::from_fn(|_| Cell::Empty);
        cells[0] = row.into();
        cells[1] = what.into();
        cells[2] = zh.into();
        cells[8] = Cell::from(money);
        cells[10] = money.currency.as_str().into();
        rows.row(&cells)?;
    }
    let mut lines = Lines::of(client, log, &sheet);
    while let Some(page) = lines.next().await? {
        for line in &page {
            rows.row(&line_cells(line, zone))?;
        }
    }
    rows.finish()
}

fn line_cells(line: &StatementLine, zone: Zone) -> [Cell; 12] {
    [
        "line".into(),
        line.text.clone().into(),
        line.text_zh.clone().into(),
        zone.local(line.at).into(),
        line.order_no.clone().into(),
        line.line_no.clone().into(),
        line.event.to_string().into(),
        line.position.into(),
        Cell::from(&line.amount),
        Cell::from(&line.balance),
        line.amount.currency.as_str().into(),
        line.points_back_to.map(|month| month.to_string()).into(),
    ]
}

/// A sheet as a workbook: its figures on the first sheet, every line on the next ones.
pub async fn sheet_xlsx(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    id: SheetId,
    out: impl Write + Seek + Send,
) -> Result<(), ReportError> {
    let sheet = sheet(client, log, viewer, id).await?;
    let face = book_face(client, log, At::Now).await?;
    let mut cover = Table::new("结算单", &["项目 item", "内容 value", "金额 amount", "币种 currency"]);
    let said = [
        ("编号 number", sheet_number(&sheet)),
        ("甲方 party A", face.owner.clone()),
        ("乙方 party B", sheet.name.clone()),
        (
            "乙方编号 number of party B",
            sheet.external_id.clone().unwrap_or_default(),
        ),
        ("party", sheet.party.to_string()),
        ("账期 period", sheet.period.to_string()),
        ("状态 state", status(&sheet).to_owned()),
        ("截至位置 position", sheet.position.to_string()),
        ("结算单校验 sha256", sheet.sha256.clone()),
        ("明细校验 lines sha256", sheet.lines_sha256.clone()),
    ];
    for (label, value) in said {
        cover.push([label.into(), value.into(), Cell::Empty, Cell::Empty]);
    }
    for (row, what, zh, money) in figures(&sheet) {
        let label = format!("{zh} {what}");
        cover.push([
            label.into(),
            row.into(),
            Cell::from(money),
            money.currency.as_str().into(),
        ]);
    }
    if let Some((label, words)) = words(&sheet)? {
        cover.push([label.into(), words.into(), Cell::Empty, Cell::Empty]);
    }
    let mut rows = XlsxRows::behind(&cover, &statement_columns())?;
    let mut lines = Lines::of(client, log, &sheet);
    while let Some(page) = lines.next().await? {
        for line in &page {
            rows.row(&statement_cells(line, face.zone))?;
        }
    }
    rows.finish(out)
}
