//! Settlement runs: how far a month is, whether its sheets tie with the ledger, what is to be done next; and how a draft
//! differs from the run before it or from the month before.
//! Must never call a run tied that is a cent off.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::sheet::{part_words, parts_of};
use super::{At, Cell, Money, Page, ReportError, Statement, Table, position, sql, wire};
use crate::base::{LogId, Month, PartyId, RunId, SheetId};
use crate::domain::settlement::{Part, Stage};
use crate::ledger::AccountKind;
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[
    sql!("runs_page"),
    sql!("run_sums"),
    sql!("run_tie"),
    sql!("run_differences"),
];

/// Sheets of a run in one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct RunSumView {
    /// Sheets.
    pub sheets: i64,
    /// Delivered and not yet answered.
    pub delivered: i64,
    /// Confirmed, by word or by silence.
    pub confirmed: i64,
    /// Contested.
    pub contested: i64,
    /// 应付: sum of what is payable.
    pub payable: Money,
    /// 结转: sum of what is carried in `available`.
    pub carried: Money,
}

/// An account over all parties: sheets beside ledger.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct TieRow {
    /// Which, such as `available`; the book's own begin with `book:`.
    pub account: String,
    /// Opening over all sheets.
    pub opening: Money,
    /// What the sheets' months moved.
    pub moved: Money,
    /// Closing over all sheets.
    pub closing: Money,
    /// What the ledger holds of all parties at the end of the month.
    pub ledger: Money,
    /// Closing less ledger: zero, or the run must not be issued.
    pub difference: Money,
}

/// A settlement run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct RunView {
    /// Which.
    #[schema(value_type = String)]
    pub run: RunId,
    /// The month.
    #[schema(value_type = String)]
    pub period: Month,
    /// 1 for the first run of a month; a draft that was dropped keeps its number.
    pub number: i32,
    /// closing, drafting, drafted, approved, issued, locked or dropped.
    #[schema(value_type = String)]
    pub stage: Stage,
    /// Position of the cut-off.
    pub started_at: i64,
    /// Sheets reflect the month up to this position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reckoned_at: Option<i64>,
    /// Sheets, once all are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheets: Option<i64>,
    /// SHA-256 over the sheets' own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Contested sheets that the run waits for.
    pub contested: i64,
    /// Sheets held back.
    pub held_back: i64,
    /// The day by which what is payable is to be paid, once it is issued and terms name one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pay_by: Option<String>,
    /// 离场结算: of this party alone, in a month that was open.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_of: Option<PartyId>,
    /// What to do next, in English.
    pub next_step: &'static str,
    /// What to do next, in Chinese.
    pub next_step_zh: &'static str,
    /// What may be done with it now.
    pub allowed_actions: Vec<&'static str>,
    /// Per currency; in the single view.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sums: Vec<RunSumView>,
    /// Sheets beside ledger, by account; in the single view.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tie: Vec<TieRow>,
    /// Every difference is zero; in the single view of a run whose sheets are all there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ties: Option<bool>,
}

/// Runs, latest month first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct RunsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Runs.
    pub runs: Vec<RunView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Runs a page at a time; of one month when given.
pub async fn runs(client: &Client, log: LogId, period: Option<Month>, page: &Page) -> Result<RunsView, ReportError> {
    listed(client, log, period, false, page).await
}

/// Exit settlements 离场结算 a page at a time, latest first.
pub async fn exits(client: &Client, log: LogId, page: &Page) -> Result<RunsView, ReportError> {
    listed(client, log, None, true, page).await
}

async fn listed(
    client: &Client,
    log: LogId,
    period: Option<Month>,
    exits: bool,
    page: &Page,
) -> Result<RunsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let (month, number, started) = match page.parts::<3>()? {
        Some([month, number, started]) => (part::<Month>(month)?.number(), part(number)?, part(started)?),
        None => (i32::MAX, i32::MAX, i64::MAX),
    };
    let period = period.map(Month::number);
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 8] = [
        &log.0,
        &period,
        &None::<Uuid>,
        &month,
        &number,
        &page.fetch(),
        &exits,
        &started,
    ];
    let mut rows = client.query(include_str!("sql/runs_page.sql"), &params).await?;
    let more = page.cut(&mut rows);
    let runs: Vec<RunView> = rows.iter().map(view).collect::<Result<_, _>>()?;
    let next = runs
        .last()
        .filter(|_| more)
        .map(|last| format!("{}~{}~{}", last.period, last.number, last.started_at));
    Ok(RunsView { position, runs, next })
}

/// One run with its sums, and whether it ties.
pub async fn run(client: &Client, log: LogId, id: RunId) -> Result<RunView, ReportError> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 8] = [
        &log.0,
        &None::<i32>,
        &id.0,
        &i32::MAX,
        &i32::MAX,
        &1_i64,
        &false,
        &i64::MAX,
    ];
    let row = client.query_opt(include_str!("sql/runs_page.sql"), &params).await?;
    let mut view = view(&row.ok_or(ReportError::NotFound)?)?;
    let sums = client.query(include_str!("sql/run_sums.sql"), &[&log.0, &id.0]).await?;
    view.sums = sums.iter().map(sum).collect::<Result<_, _>>()?;
    // The sheets of an exit settlement are no month's whole: each ties in itself, and `verify` draws it up again.
    if view.exit_of.is_some() {
        return Ok(view);
    }
    if !matches!(view.stage, Stage::Closing | Stage::Dropped) {
        view.tie = tie(client, log, &view).await?;
    }
    if !matches!(view.stage, Stage::Closing | Stage::Drafting | Stage::Dropped) {
        let zero = |row: &TieRow| row.difference.amount.bytes().all(|b| matches!(b, b'0' | b'.'));
        view.ties = Some(view.tie.iter().all(zero));
    }
    Ok(view)
}

fn sum(row: &Row) -> Result<RunSumView, ReportError> {
    let currency = wire::currency(row.get(0))?;
    Ok(RunSumView {
        sheets: row.get(1),
        payable: Money::of(Minor(row.get(2)), currency),
        carried: Money::of(Minor(row.get(3)), currency),
        delivered: row.get(4),
        confirmed: row.get(5),
        contested: row.get(6),
    })
}

async fn tie(client: &Client, log: LogId, run: &RunView) -> Result<Vec<TieRow>, ReportError> {
    let codes: Vec<i16> = AccountKind::ALL.iter().map(|kind| kind.code()).collect();
    let words: Vec<&str> = AccountKind::ALL.iter().map(|kind| kind.word()).collect();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&log.0, &run.run.0, &run.period.number(), &codes, &words];
    let rows = client.query(include_str!("sql/run_tie.sql"), &params).await?;
    let mut out = Vec::with_capacity(rows.len());
    for row in &rows {
        let currency: Currency = wire::currency(row.get(0))?;
        let kind = AccountKind::from_code(row.get(1)).ok_or(ReportError::Stored("account"))?;
        let of_book: bool = row.get(2);
        let (opening, closing, ledger) = (Minor(row.get(3)), Minor(row.get(4)), Minor(row.get(5)));
        let closing = if of_book { ledger } else { closing };
        let money = |amount| Money::of(amount, currency);
        out.push(TieRow {
            account: match of_book {
                true => format!("book:{}", kind.word()),
                false => kind.word().to_owned(),
            },
            opening: money(opening),
            moved: money(closing.minus(opening)?),
            closing: money(closing),
            ledger: money(ledger),
            difference: money(closing.minus(ledger)?),
        });
    }
    Ok(out)
}

fn view(row: &Row) -> Result<RunView, ReportError> {
    let stage: String = row.get(3);
    let stage = Stage::from_word(&stage).ok_or(ReportError::Stored("stage"))?;
    let contested: i64 = row.get(8);
    let (next_step, next_step_zh, allowed_actions) = next(stage, contested);
    Ok(RunView {
        run: RunId(row.get(0)),
        period: Month::from_number(row.get(1)).map_err(|_| ReportError::Stored("period"))?,
        number: row.get(2),
        stage,
        started_at: row.get(4),
        reckoned_at: row.get(5),
        sheets: row.get(6),
        digest: row.get(7),
        contested,
        held_back: row.get(9),
        pay_by: row.get(10),
        exit_of: row.get::<_, Option<Uuid>>(11).map(wire::party).transpose()?,
        next_step,
        next_step_zh,
        allowed_actions,
        sums: Vec::new(),
        tie: Vec::new(),
        ties: None,
    })
}

/// What is to be done next, and what may be done.
fn next(stage: Stage, contested: i64) -> (&'static str, &'static str, Vec<&'static str>) {
    match stage {
        Stage::Closing => (
            "Closing entries are being posted; nothing to do.",
            "正在生成结账分录，请稍候。",
            vec!["drop"],
        ),
        Stage::Drafting => (
            "Sheets are being drawn up; nothing to do.",
            "正在生成结算单，请稍候。",
            vec!["drop"],
        ),
        Stage::Drafted if contested > 0 => (
            "Answer the contested sheets or hold them back, then ask for approval.",
            "请先处理有异议的结算单或将其暂缓，再提交审批。",
            vec!["deliver", "answer", "hold_back", "drop"],
        ),
        Stage::Drafted => (
            "Deliver the sheets, look at the differences, and ask for approval; a second person gives it.",
            "请送达结算单、核对差异，并提交审批；须由第二人批准。",
            vec!["deliver", "approve", "drop"],
        ),
        Stage::Approved if contested > 0 => (
            "Answer the contested sheets or hold them back, then issue.",
            "请先处理有异议的结算单或将其暂缓，再出具。",
            vec!["answer", "hold_back", "drop"],
        ),
        Stage::Approved => ("Issue the sheets.", "请出具结算单。", vec!["issue", "drop"]),
        Stage::Issued => ("Lock the month.", "请锁账。", vec!["lock"]),
        Stage::Locked => (
            "Done. Late facts go to the open month and point back.",
            "已完成。迟到的数据记入未结账月份并指回本月。",
            Vec::new(),
        ),
        Stage::Dropped => (
            "Dropped; the month is open again. Start it anew when it is ready.",
            "已作废，本月重新开放；准备好后请重新结账。",
            Vec::new(),
        ),
    }
}

/// One part that differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PartDifference {
    /// `opening`, a part of the sheet, `closing` or `payable`.
    pub part: String,
    /// In English.
    pub text: &'static str,
    /// In Chinese.
    pub text_zh: &'static str,
    /// There.
    pub before: Money,
    /// Here.
    pub now: Money,
    /// Here less there.
    pub difference: Money,
}

/// A party whose sheets differ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SheetDifference {
    /// Whose.
    #[schema(value_type = String)]
    pub party: PartyId,
    /// Its name.
    pub name: String,
    /// Its sheet here.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<SheetId>,
    /// Its sheet there.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<SheetId>,
    /// What differs: why.
    pub parts: Vec<PartDifference>,
}

/// How the sheets of a run differ from those of another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct DifferencesView {
    /// The run.
    #[schema(value_type = String)]
    pub run: RunId,
    /// The run it is compared with: the last one of the month before, or the one of the same month that was dropped; absent
    /// when there is none.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<RunId>,
    /// Parties, those alone that differ.
    pub differences: Vec<SheetDifference>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The run that another is compared with: of the same month the one before it, else the last of the month before.
pub async fn last_run_before(
    client: &Client,
    log: LogId,
    run: &RunView,
    same_month: bool,
) -> Result<Option<RunId>, ReportError> {
    let (period, before) = match same_month {
        true => (run.period, run.number),
        false => (run.period.previous(), i32::MAX),
    };
    let number = period.number();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 8] = [
        &log.0,
        &number,
        &None::<Uuid>,
        &number,
        &before,
        &1_i64,
        &false,
        &i64::MIN,
    ];
    let row = client.query_opt(include_str!("sql/runs_page.sql"), &params).await?;
    Ok(row.map(|row| RunId(row.get(0))))
}

/// How the sheets of a run differ from those of another, party by party.
pub async fn differences(
    client: &Client,
    log: LogId,
    run: RunId,
    against: Option<RunId>,
    page: &Page,
) -> Result<DifferencesView, ReportError> {
    let (party, currency) = match page.parts::<2>()? {
        Some([party, currency]) => (part::<PartyId>(party)?.uuid(), currency),
        None => (Uuid::nil(), ""),
    };
    let other = against.map_or(Uuid::nil(), |run| run.0);
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&log.0, &run.0, &other, &party, &currency, &page.fetch()];
    let mut rows = client.query(include_str!("sql/run_differences.sql"), &params).await?;
    let more = page.cut(&mut rows);
    let differences = rows.iter().map(difference).collect::<Result<Vec<_>, _>>()?;
    let currency = rows.last().map(|row| row.get::<_, String>(2));
    let next = differences.last().zip(currency).filter(|_| more);
    Ok(DifferencesView {
        run,
        against,
        next: next.map(|(last, currency)| format!("{}~{currency}", last.party)),
        differences,
    })
}

fn difference(row: &Row) -> Result<SheetDifference, ReportError> {
    let currency: Currency = wire::currency(row.get(2))?;
    let minor = |at: usize| Minor(row.get::<_, Option<i64>>(at).unwrap_or_default());
    let parts = |at: usize| row.get::<_, Option<&str>>(at).map_or(Ok(BTreeMap::new()), parts_of);
    let (now, before) = (parts(7)?, parts(8)?);
    let mut out = Vec::new();
    let mut add = |part: &str, words: [&'static str; 2], before: Minor, now: Minor| -> Result<(), ReportError> {
        if before != now {
            out.push(PartDifference {
                part: part.to_owned(),
                text: words[0],
                text_zh: words[1],
                before: Money::of(before, currency),
                now: Money::of(now, currency),
                difference: Money::of(now.minus(before)?, currency),
            });
        }
        Ok(())
    };
    add("opening", ["opening", "期初"], minor(6), minor(5))?;
    let named: BTreeSet<Part> = now.keys().chain(before.keys()).copied().collect();
    let of = |all: &BTreeMap<Part, Minor>, part: Part| all.get(&part).copied().unwrap_or_default();
    for part in named {
        add(part.word(), part_words(part), of(&before, part), of(&now, part))?;
    }
    add("closing", ["closing", "期末"], minor(10), minor(9))?;
    add("payable", ["payable", "应付"], minor(12), minor(11))?;
    Ok(SheetDifference {
        party: wire::party(row.get(0))?,
        name: row.get(1),
        sheet: row.get::<_, Option<Uuid>>(3).map(SheetId),
        before: row.get::<_, Option<Uuid>>(4).map(SheetId),
        parts: out,
    })
}

impl RunView {
    /// Sheets beside ledger, by account.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!(
                "Settlement run 结算 {} number {} ({})",
                self.period,
                self.number,
                self.stage.word()
            ),
            &[
                "account",
                "opening 期初",
                "lines 本期",
                "closing 期末",
                "ledger 总账",
                "difference 差额",
                "currency",
            ],
        );
        for row in &self.tie {
            table.push([
                row.account.clone().into(),
                Cell::from(&row.opening),
                Cell::from(&row.moved),
                Cell::from(&row.closing),
                Cell::from(&row.ledger),
                Cell::from(&row.difference),
                row.closing.currency.as_str().into(),
            ]);
        }
        table
    }
}

impl RunsView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Settlement runs 结算 at position {}", self.position),
            &["period", "number", "stage", "sheets", "contested", "held back", "run"],
        );
        for run in &self.runs {
            table.push([
                run.period.to_string().into(),
                i64::from(run.number).into(),
                run.stage.word().into(),
                run.sheets.map_or(Cell::Empty, Cell::from),
                run.contested.into(),
                run.held_back.into(),
                run.run.to_string().into(),
            ]);
        }
        table
    }
}
