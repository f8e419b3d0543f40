//! Reconciliations 对账: runs with their counts, and the breaks of one with what was decided about each, and its age.
//! Must never be shown to a party: a statement holds what others sold.

use std::collections::BTreeMap;

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{Cell, Head, Money, Page, ReportError, Statement, Table, head, sql, wire};
use crate::base::{ApprovalId, BreakId, Instant, LineId, LogId, Month, PersonId, ReconciliationId};
use crate::domain::recon::{BreakClass, Cause, Proposal};
use crate::money::Minor;

pub(super) const SQL: &[Statement] = &[sql!("recon_page"), sql!("recon_counts"), sql!("recon_breaks_page")];

/// Breaks of one class.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct BreakCounts {
    /// `B01` to `B12`.
    pub class: String,
    /// What it means, in English.
    pub text: String,
    /// What it means, in Chinese.
    pub text_zh: String,
    /// How many were found.
    pub found: i64,
    /// Nobody decided them, or the decision lapsed.
    pub open: i64,
    /// What they propose is done, asked for or waited for.
    pub accepted: i64,
    /// Our figures stand.
    pub rejected: i64,
    /// Put aside.
    pub parked: i64,
}

/// A reconciliation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ReconciliationView {
    /// Which.
    #[schema(value_type = String)]
    pub reconciliation: ReconciliationId,
    /// Which run of this file over this month, from 1.
    pub run: i32,
    /// SHA-256 of the statement file.
    pub file: String,
    /// The mapping.
    pub mapping: String,
    /// The platform.
    pub platform: String,
    /// The month.
    #[schema(value_type = String)]
    pub period: Month,
    /// Only lines that this platform account was told of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Only lines of this shop, by the platform's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shop: Option<String>,
    /// Rows of the file.
    pub rows: i64,
    /// Rows that could not be read.
    pub rejected_rows: i64,
    /// Lines that both sides have alike.
    pub matched: i64,
    /// The position of the book that was compared.
    pub compared_position: i64,
    /// The position of the run's event.
    pub position: i64,
    /// When it was run.
    #[schema(value_type = String)]
    pub made_at: Instant,
    /// Breaks by class; classes without breaks are absent.
    pub classes: Vec<BreakCounts>,
    /// Breaks that wait to be decided.
    pub open: i64,
    /// No break waits to be decided.
    pub clean: bool,
    /// What may be done with its open breaks.
    pub allowed_actions: Vec<&'static str>,
}

/// Reconciliations, newest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ReconciliationsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Reconciliations.
    pub reconciliations: Vec<ReconciliationView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which reconciliations.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReconciliationFilter {
    /// Of this platform.
    pub platform: Option<String>,
    /// Of this month.
    pub period: Option<Month>,
}

/// Reconciliations a page at a time.
pub async fn reconciliations(
    client: &Client,
    log: LogId,
    filter: &ReconciliationFilter,
    page: &Page,
) -> Result<ReconciliationsView, ReportError> {
    let head = head(client, log).await?;
    let before = match page.parts::<1>()? {
        Some([before]) => part::<i64>(before)?,
        None => i64::MAX,
    };
    let period = filter.period.map(Month::number);
    let none: Option<Uuid> = None;
    let mut rows = client
        .query(
            include_str!("sql/recon_page.sql"),
            &[&log.0, &before, &page.fetch(), &filter.platform, &period, &none],
        )
        .await?;
    let more = page.cut(&mut rows);
    let reconciliations = views(client, log, &head, &rows).await?;
    let next = reconciliations
        .last()
        .filter(|_| more)
        .map(|last| last.position.to_string());
    Ok(ReconciliationsView {
        position: head.position,
        reconciliations,
        next,
    })
}

/// One reconciliation.
pub async fn reconciliation(
    client: &Client,
    log: LogId,
    id: ReconciliationId,
) -> Result<ReconciliationView, ReportError> {
    let head = head(client, log).await?;
    let (platform, period): (Option<String>, Option<i32>) = (None, None);
    let rows = client
        .query(
            include_str!("sql/recon_page.sql"),
            &[&log.0, &i64::MAX, &1_i64, &platform, &period, &Some(id.0)],
        )
        .await?;
    let found = views(client, log, &head, &rows).await?.pop();
    found.ok_or(ReportError::NotFound)
}

async fn views(client: &Client, log: LogId, head: &Head, rows: &[Row]) -> Result<Vec<ReconciliationView>, ReportError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    let now = head.recorded_at.utc();
    let counts = client
        .query(include_str!("sql/recon_counts.sql"), &[&log.0, &ids, &now])
        .await?;
    let mut by_run: BTreeMap<Uuid, BTreeMap<String, BreakCounts>> = BTreeMap::new();
    for row in &counts {
        let (class, state, count): (String, String, i64) = (row.get(1), row.get(2), row.get(3));
        let known = BreakClass::from_word(&class).ok_or(ReportError::Stored("class"))?;
        let of = by_run.entry(row.get(0)).or_default().entry(class).or_default();
        (of.class, of.text, of.text_zh) = (known.word().into(), known.en().into(), known.zh().into());
        of.found += count;
        match state.as_str() {
            "accepted" => of.accepted += count,
            "rejected" => of.rejected += count,
            "parked" => of.parked += count,
            _ => of.open += count,
        }
    }
    rows.iter()
        .map(|row| {
            let classes: Vec<BreakCounts> = by_run.remove(&row.get(0)).unwrap_or_default().into_values().collect();
            let open = classes.iter().map(|of| of.open).sum();
            let aside: i64 = classes.iter().map(|of| of.parked).sum();
            Ok(ReconciliationView {
                reconciliation: ReconciliationId(row.get(0)),
                run: row.get(1),
                file: row.get(2),
                mapping: row.get(3),
                platform: row.get(4),
                period: Month::from_number(row.get(5)).map_err(|_| ReportError::Stored("period"))?,
                account: Some(row.get(12)).filter(|text: &String| !text.is_empty()),
                shop: Some(row.get(13)).filter(|text: &String| !text.is_empty()),
                rows: row.get(6),
                rejected_rows: row.get(7),
                matched: row.get(8),
                compared_position: row.get(9),
                position: row.get(10),
                made_at: Instant::from_utc(row.get(11)),
                classes,
                open,
                clean: open == 0,
                allowed_actions: match open + aside {
                    0 => Vec::new(),
                    _ => vec!["accept", "reject", "park"],
                },
            })
        })
        .collect()
}

/// Which breaks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BreakFilter {
    /// Of this class.
    pub class: Option<BreakClass>,
    /// open, accepted, rejected or parked.
    pub state: Option<&'static str>,
    /// That propose this.
    pub proposal: Option<Proposal>,
    /// Of the line with this number.
    pub line_no: Option<String>,
}

/// A break.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct BreakView {
    /// Its number in the run.
    pub number: i32,
    /// Which difference: the same one has the same id in every run.
    #[serde(rename = "break")]
    #[schema(value_type = String)]
    pub id: BreakId,
    /// `B01` to `B12`.
    pub class: String,
    /// What the class means, in English.
    pub class_text: String,
    /// What the class means, in Chinese.
    pub class_text_zh: String,
    /// Stable code of the probable cause.
    pub cause: String,
    /// The probable cause in English.
    pub cause_text: String,
    /// The probable cause in Chinese.
    pub cause_text_zh: String,
    /// In what: `line`, `status`, `period`, `base`, `rate`, `commission`, a fee's name, `refund`, `cash`, `currency`.
    pub component: String,
    /// The line.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<LineId>,
    /// The platform's number of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_no: Option<String>,
    /// The refund case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The row of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<i64>,
    /// Ours: an amount, a rate, a month or a word; empty when the ledger has none.
    pub ours: String,
    /// Theirs.
    pub theirs: String,
    /// Theirs less ours, in money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Money>,
    /// `tell_facts`, `adjust`, `wait`, `ask_platform` or `close`.
    pub proposal: String,
    /// The proposal in English.
    pub proposal_text: String,
    /// The proposal in Chinese.
    pub proposal_text_zh: String,
    /// Until when to wait.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// open, accepted, rejected or parked.
    pub state: String,
    /// Why it was decided so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who decided.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// When.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Instant>,
    /// The adjustment that was asked for.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
    /// Whole days since a run found it first.
    pub age_days: i64,
    /// What may be done with it now.
    pub allowed_actions: Vec<&'static str>,
}

/// Breaks of a reconciliation, in order of lines.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct BreaksView {
    /// A position they reflect at least.
    pub position: i64,
    /// Of which run.
    #[schema(value_type = String)]
    pub reconciliation: ReconciliationId,
    /// Breaks.
    pub breaks: Vec<BreakView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Breaks of a reconciliation a page at a time.
pub async fn breaks(
    client: &Client,
    log: LogId,
    id: ReconciliationId,
    filter: &BreakFilter,
    page: &Page,
) -> Result<BreaksView, ReportError> {
    let head = head(client, log).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<i32>(after)?,
        None => 0,
    };
    let (class, proposal) = (filter.class.map(BreakClass::word), filter.proposal.map(Proposal::word));
    let now = head.recorded_at.utc();
    let mut rows = client
        .query(
            include_str!("sql/recon_breaks_page.sql"),
            &[
                &log.0,
                &id.0,
                &after,
                &page.fetch(),
                &class,
                &filter.state,
                &now,
                &proposal,
                &filter.line_no,
            ],
        )
        .await?;
    let more = page.cut(&mut rows);
    let breaks: Vec<BreakView> = rows
        .iter()
        .map(|row| view(row, head.recorded_at))
        .collect::<Result<_, _>>()?;
    let next = breaks.last().filter(|_| more).map(|last| last.number.to_string());
    Ok(BreaksView {
        position: head.position,
        reconciliation: id,
        breaks,
        next,
    })
}

fn view(row: &Row, now: Instant) -> Result<BreakView, ReportError> {
    let class = BreakClass::from_word(row.get(2)).ok_or(ReportError::Stored("class"))?;
    let cause = Cause::from_word(row.get(3)).ok_or(ReportError::Stored("cause"))?;
    let proposal = Proposal::from_word(row.get(14)).ok_or(ReportError::Stored("proposal"))?;
    let currency: Option<String> = row.get(9);
    let difference = match (row.get::<_, Option<i64>>(13), &currency) {
        (Some(amount), Some(currency)) => Some(Money::of(Minor(amount), wire::currency(currency)?)),
        _ => None,
    };
    let time = |column: usize| row.get::<_, Option<_>>(column).map(Instant::from_utc);
    let state: String = row.get(16);
    let decided = state != "open";
    let first = time(21).unwrap_or(now);
    Ok(BreakView {
        number: row.get(0),
        id: BreakId(row.get(1)),
        class: class.word().to_owned(),
        class_text: class.en().to_owned(),
        class_text_zh: class.zh().to_owned(),
        cause: cause.word().to_owned(),
        cause_text: cause.en().to_owned(),
        cause_text_zh: cause.zh().to_owned(),
        component: row.get(4),
        line: row.get::<_, Option<Uuid>>(5).map(LineId),
        line_no: row.get(6),
        case: row.get(7),
        row: row.get(8),
        ours: row.get(10),
        theirs: row.get(11),
        difference,
        proposal: proposal.word().to_owned(),
        proposal_text: proposal.en().to_owned(),
        proposal_text_zh: proposal.zh().to_owned(),
        until: time(15),
        reason: row.get::<_, Option<String>>(17).filter(|_| decided),
        by: row.get::<_, Option<Uuid>>(18).filter(|_| decided).map(PersonId),
        decided_at: time(19).filter(|_| decided),
        approval: row.get::<_, Option<Uuid>>(20).filter(|_| decided).map(ApprovalId),
        age_days: (now.micros() - first.micros()).max(0) / 86_400_000_000,
        allowed_actions: match state.as_str() {
            "open" => vec!["accept", "reject", "park"],
            "parked" => vec!["accept", "reject"],
            _ => Vec::new(),
        },
        state,
    })
}

impl ReconciliationsView {
    /// As a table: one row a run and class.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Reconciliations 对账 at position {}", self.position),
            &[
                "reconciliation",
                "platform",
                "period",
                "run",
                "rows",
                "matched",
                "class",
                "means",
                "found",
                "open",
                "accepted",
                "rejected",
                "parked",
            ],
        );
        for run in &self.reconciliations {
            table.rows.extend(run.rows());
        }
        table
    }
}

impl ReconciliationView {
    /// One row a class; one without breaks has one row.
    fn rows(&self) -> Vec<Vec<Cell>> {
        let begin = || -> Vec<Cell> {
            vec![
                self.reconciliation.to_string().into(),
                self.platform.clone().into(),
                self.period.to_string().into(),
                i64::from(self.run).into(),
                self.rows.into(),
                self.matched.into(),
            ]
        };
        if self.classes.is_empty() {
            let mut row = begin();
            row.extend(["none".into(), "无差异".into()]);
            row.extend([0_i64, 0, 0, 0, 0].map(Cell::from));
            return vec![row];
        }
        let of = |of: &BreakCounts| {
            let mut row = begin();
            row.extend([of.class.clone().into(), format!("{} {}", of.text_zh, of.text).into()]);
            row.extend([of.found, of.open, of.accepted, of.rejected, of.parked].map(Cell::from));
            row
        };
        self.classes.iter().map(of).collect()
    }
}

impl BreaksView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Breaks 差异 of {}", self.reconciliation),
            &[
                "number",
                "class",
                "state",
                "line_no",
                "case",
                "row",
                "component",
                "ours",
                "theirs",
                "difference",
                "currency",
                "cause",
                "cause_zh",
                "proposal",
                "proposal_zh",
                "until",
                "age in days",
            ],
        );
        for one in &self.breaks {
            table.push([
                i64::from(one.number).into(),
                one.class.clone().into(),
                one.state.clone().into(),
                one.line_no.clone().into(),
                one.case.clone().into(),
                one.row.map_or(Cell::Empty, Cell::from),
                one.component.clone().into(),
                one.ours.clone().into(),
                one.theirs.clone().into(),
                one.difference.as_ref().map_or(Cell::Empty, Cell::from),
                one.difference.as_ref().map(|money| money.currency.clone()).into(),
                one.cause.clone().into(),
                one.cause_text_zh.clone().into(),
                one.proposal.clone().into(),
                one.proposal_text_zh.clone().into(),
                one.until.map(|until| until.to_string()).into(),
                one.age_days.into(),
            ]);
        }
        table
    }
}
