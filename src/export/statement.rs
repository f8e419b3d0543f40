//! An account statement 往来对账单 as a PDF or a workbook: opening, what moved by kind, closing, and the lines as annex.
//! Must never show other sums than the report's.

use std::collections::BTreeMap;
use std::io::{Seek, Write};

use sha2::{Digest, Sha256};
use tokio_postgres::Client;

use super::paper::{ANNEX_LINES, Amount, Annex, Column, Paper, Side};
use super::words::amount_in_words;
use crate::base::{LogId, PartyId, Zone};
use crate::money::{Currency, Minor};
use crate::report::{
    At, BookFace, Cell, Page, ReportError, StatementKey, StatementLine, StatementView, Table, Viewer, XlsxRows,
    book_face, party, statement, statement_cells, statement_columns, statement_csv,
};

/// A statement read to its end, or to what an annex prints.
struct Whole {
    face: BookFace,
    party: Side,
    view: StatementView,
    lines: Vec<StatementLine>,
    left_out: u64,
    digest: String,
}

/// Takes bytes for their digest alone.
struct Digesting(Sha256);

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(super) fn minor(money: &crate::report::Money) -> Result<(Minor, Currency), ReportError> {
    let currency: Currency = money.currency.parse()?;
    Ok((Minor::parse(&money.amount, currency)?, currency))
}

async fn side(client: &Client, log: LogId, viewer: Viewer, key: StatementKey) -> Result<Side, ReportError> {
    let found = party(client, log, viewer, key.party).await?;
    Ok(party_side(key.party, &found.name, found.external_id.as_deref()))
}

async fn whole(client: &Client, log: LogId, viewer: Viewer, key: StatementKey, at: At) -> Result<Whole, ReportError> {
    let mut hash = Digesting(Sha256::new());
    let position = statement_csv(client, log, viewer, key, at, &mut hash).await?;
    let at = At::Position(position);
    let mut view = statement(client, log, viewer, key, at, &Page::first(Page::MOST)).await?;
    let (mut lines, mut left_out) = (std::mem::take(&mut view.lines), 0);
    let mut next = view.next.take();
    while let Some(cursor) = next {
        let page = Page::after(Some(cursor), Page::MOST);
        let more = statement(client, log, viewer, key, at, &page).await?;
        let room = ANNEX_LINES.saturating_sub(lines.len());
        left_out += more.lines.len().saturating_sub(room) as u64;
        lines.extend(more.lines.into_iter().take(room));
        next = more.next;
    }
    Ok(Whole {
        face: book_face(client, log, at).await?,
        party: side(client, log, viewer, key).await?,
        view,
        lines,
        left_out,
        digest: hex::encode(hash.0.finalize()),
    })
}

/// The statement as it is printed.
pub async fn statement_paper(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    key: StatementKey,
    at: At,
) -> Result<Paper, ReportError> {
    paper(&whole(client, log, viewer, key, at).await?)
}

fn paper(whole: &Whole) -> Result<Paper, ReportError> {
    let (face, view) = (&whole.face, &whole.view);
    let short: String = view.party.uuid().simple().to_string().chars().skip(22).collect();
    let (closing, currency) = match view.sums.first() {
        Some(sum) => minor(&sum.closing)?,
        None => (Minor::ZERO, face.currencies.first().copied().unwrap_or(Currency::CNY)),
    };
    let state = if view.cut_off {
        "已截账 cut off"
    } else {
        "未截账 open"
    };
    let number = format!("ST-{}-{short}", view.period);
    let sides = vec![owner_side(face), whole.party.clone()];
    Ok(Paper {
        title: "往来对账单".to_owned(),
        subtitle: "Account statement".to_owned(),
        number: number.clone(),
        mark: (!view.cut_off).then(|| "未截账 OPEN".to_owned()),
        seals: seals(&sides),
        sides,
        facts: vec![
            ("编号 No.".to_owned(), number),
            ("账期 Period".to_owned(), format!("{} · {state}", view.period)),
            ("科目 Account".to_owned(), view.account.kind.word().to_owned()),
            ("截至位置 Position".to_owned(), view.position.to_string()),
            ("时区 Zone".to_owned(), face.zone.to_string()),
            ("CSV 校验 SHA-256".to_owned(), whole.digest.clone()),
        ],
        heads: ["项目 Item".to_owned(), "说明 Note".to_owned(), "金额 Amount".to_owned()],
        amounts: amounts(view)?,
        words: amount_in_words(closing, currency).map(|words| ("期末余额（大写）：".to_owned(), words)),
        notes: vec![
            "金额以“+”为乙方应得、“-”为应扣；期初取上期期末，期末转入下期期初。".to_owned(),
            "Positive amounts are in favour of party B. Opening is the closing of the month before; the digest is that of the \
             CSV of this statement at this position."
                .to_owned(),
        ],
        annex: Some(annex(&whole.lines, whole.left_out, face.zone)),
        foot: format!("{} · 位置 {} · {}", view.period, view.position, whole.digest.get(..16).unwrap_or("")),
    })
}

fn amounts(view: &StatementView) -> Result<Vec<Amount>, ReportError> {
    let mut rows = Vec::new();
    for sum in &view.sums {
        let currency = &sum.opening.currency;
        let row = |label: &str, note: &str, figure: String, strong: bool| Amount {
            label: format!("{label} {currency}"),
            note: note.to_owned(),
            figure,
            strong,
        };
        let (debits, of) = minor(&sum.debits)?;
        rows.push(row("期初 Opening", "上期期末", sum.opening.amount.clone(), false));
        rows.push(row("本期增加 Credits", "乙方应得", sum.credits.amount.clone(), false));
        let debits = debits.negated()?.display(of);
        rows.push(row("本期减少 Debits", "扣回、付款与其他", debits, false));
        rows.push(row("期末 Closing", "转入下期", sum.closing.amount.clone(), true));
    }
    if rows.is_empty() {
        rows.push(Amount {
            label: "期末 Closing".to_owned(),
            note: "本期及以前没有发生额 nothing moved".to_owned(),
            figure: "0.00".to_owned(),
            strong: true,
        });
    }
    Ok(rows)
}

/// The annex of a statement's lines, or of a sheet's.
pub(super) fn annex(lines: &[StatementLine], left_out: u64, zone: Zone) -> Annex {
    let column = |head, share, right| Column { head, share, right };
    Annex {
        title: "附件：本科目明细 Annex: lines of this account".to_owned(),
        columns: vec![
            column("时间 Time", 17, false),
            column("摘要 What", 21, false),
            column("子订单号 Line", 22, false),
            column("位置 Pos.", 9, true),
            column("金额 Amount", 13, true),
            column("余额 Balance", 13, true),
            column("币种", 5, true),
        ],
        rows: lines.iter().map(|line| annex_row(line, zone)).collect(),
        left_out,
    }
}

fn annex_row(line: &StatementLine, zone: Zone) -> Vec<String> {
    let what = match line.points_back_to {
        Some(month) => format!("{}（原账期 {month}）", line.text_zh),
        None => line.text_zh.clone(),
    };
    vec![
        zone.local(line.at),
        what,
        line.line_no.clone().unwrap_or_default(),
        line.position.to_string(),
        line.amount.amount.clone(),
        line.balance.amount.clone(),
        line.amount.currency.clone(),
    ]
}

/// The book's owner as party A.
pub(super) fn owner_side(face: &BookFace) -> Side {
    Side {
        label: "甲方 Party A".to_owned(),
        name: face.owner.clone(),
        numbers: face.book.to_string(),
    }
}

/// A party as party B.
pub(super) fn party_side(party: PartyId, name: &str, number: Option<&str>) -> Side {
    Side {
        label: format!("乙方 Party B · {}", party.kind().word()),
        name: name.to_owned(),
        numbers: match number {
            Some(number) => format!("编号 {number} · {party}"),
            None => party.to_string(),
        },
    }
}

/// Boxes for the seals of both.
pub(super) fn seals(sides: &[Side]) -> Vec<String> {
    let labels = ["甲方（盖章）", "乙方（盖章）"];
    labels
        .iter()
        .zip(sides)
        .map(|(label, side)| format!("{label}{}", side.name))
        .collect()
}

/// The statement as a workbook: sums on the first sheet, every line on the next ones. Answers the position it reflects.
pub async fn statement_xlsx(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    key: StatementKey,
    at: At,
    out: impl Write + Seek + Send,
) -> Result<i64, ReportError> {
    let mut view = statement(client, log, viewer, key, at, &Page::first(Page::MOST)).await?;
    let at = At::Position(view.position);
    let face = book_face(client, log, at).await?;
    let side = side(client, log, viewer, key).await?;
    let mut cover = Table::new(
        "往来对账单",
        &["项目 item", "内容 value", "金额 amount", "币种 currency"],
    );
    let said: BTreeMap<usize, (&str, String)> = [
        ("甲方 party A", face.owner.clone()),
        ("乙方 party B", side.name.clone()),
        ("编号 numbers", side.numbers.clone()),
        ("账期 period", view.period.to_string()),
        ("截至位置 position", view.position.to_string()),
    ]
    .into_iter()
    .enumerate()
    .collect();
    for (label, value) in said.into_values() {
        cover.push([label.into(), value.into(), Cell::Empty, Cell::Empty]);
    }
    for sum in &view.sums {
        let rows = [
            ("期初 opening", &sum.opening),
            ("本期增加 credits", &sum.credits),
            ("本期减少 debits", &sum.debits),
            ("期末 closing", &sum.closing),
        ];
        for (label, money) in rows {
            cover.push([
                label.into(),
                Cell::Empty,
                Cell::from(money),
                money.currency.as_str().into(),
            ]);
        }
    }
    let mut rows = XlsxRows::behind(&cover, &statement_columns())?;
    loop {
        for line in &view.lines {
            rows.row(&statement_cells(line, face.zone))?;
        }
        let Some(next) = view.next.take() else { break };
        view = statement(client, log, viewer, key, at, &Page::after(Some(next), Page::MOST)).await?;
    }
    rows.finish(out)?;
    Ok(view.position)
}
