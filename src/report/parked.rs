//! The parked desk 待处理: facts, or parts of their amounts, that found no place, with their age.
//! Must never drop a row: what was parked once stays listed by its position, with how it was dealt with.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{Cell, Money, Page, ReportError, Statement, Table, Viewer, head, sql, wire};
use crate::base::{Instant, LineId, LogId};
use crate::domain::returns::Candidate;
use crate::money::Minor;

pub(super) const SQL: &[Statement] = &[sql!("parked_page")];

/// Which rows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ParkedFilter {
    /// With this code.
    pub code: Option<String>,
    /// Of this line.
    pub line: Option<LineId>,
    /// Open ones, or those dealt with.
    pub state: ParkedState,
}

/// Whether somebody dealt with a parked fact.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ParkedState {
    /// Nobody did.
    #[default]
    Open,
    /// Somebody did.
    Resolved,
    /// Either.
    All,
}

impl ParkedState {
    /// Each by its word.
    pub const WORDS: [(&'static str, ParkedState); 3] = [
        ("open", ParkedState::Open),
        ("resolved", ParkedState::Resolved),
        ("all", ParkedState::All),
    ];

    fn word(self) -> &'static str {
        let found = ParkedState::WORDS.into_iter().find(|(_, state)| *state == self);
        found.map_or("all", |(word, _)| word)
    }
}

/// How a parked fact was dealt with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ResolvedView {
    /// retried, corrected, dismissed or reversed.
    pub how: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Position of the event.
    pub position: i64,
    /// When.
    #[schema(value_type = String)]
    pub at: Instant,
}

/// One parked fact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ParkedRow {
    /// Position of the event that keeps it.
    pub position: i64,
    /// Its line.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<LineId>,
    /// The platform's number of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_no: Option<String>,
    /// Kind of the fact.
    pub kind: String,
    /// `parked`, `conflict`, or `applied` where only a part found no place.
    pub state: String,
    /// Stable code.
    pub code: String,
    /// Amount that found no place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Business time.
    #[schema(value_type = String)]
    pub at: Instant,
    /// Whole days from its business time to the last event of the book.
    pub age_days: i64,
    /// How it was dealt with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<ResolvedView>,
    /// What may be done with it now.
    pub allowed_actions: Vec<&'static str>,
    /// The return that names no order, when it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<ParkedReturn>,
}

/// A return that names no order, while it is matched to no line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ParkedReturn {
    /// Number of the return document.
    pub document: String,
    /// Number of its row.
    pub row: String,
    /// Units returned.
    pub units: i64,
    /// Lines it may belong to, at most 32: those that fit first, then the oldest.
    pub candidates: Vec<CandidateView>,
}

/// A line that a parked return may belong to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CandidateView {
    /// The line.
    #[schema(value_type = String)]
    pub line: LineId,
    /// Units that nothing was refunded for.
    pub left: u32,
    /// The unit price is the same and enough is left.
    pub fits: bool,
}

/// Parked facts, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ParkedView {
    /// A position they reflect at least.
    pub position: i64,
    /// Rows.
    pub parked: Vec<ParkedRow>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Parked facts a page at a time. The desk is the book's; a party has none.
pub async fn parked(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    filter: &ParkedFilter,
    page: &Page,
) -> Result<ParkedView, ReportError> {
    let head = head(client, log).await?;
    let position = head.position;
    if viewer != Viewer::All {
        return Ok(ParkedView {
            position,
            parked: Vec::new(),
            next: None,
        });
    }
    let after = match page.parts::<1>()? {
        Some([after]) => part::<i64>(after)?,
        None => 0,
    };
    let line = filter.line.map(|line| line.0);
    let mut rows = client
        .query(
            include_str!("sql/parked_page.sql"),
            &[&log.0, &after, &page.fetch(), &filter.code, &line, &filter.state.word()],
        )
        .await?;
    let more = page.cut(&mut rows);
    let parked: Vec<ParkedRow> = rows
        .iter()
        .map(|row| view(row, head.recorded_at))
        .collect::<Result<_, _>>()?;
    let next = parked.last().filter(|_| more).map(|row| row.position.to_string());
    Ok(ParkedView { position, parked, next })
}

fn view(row: &Row, now: Instant) -> Result<ParkedRow, ReportError> {
    let amount = match (row.get::<_, Option<i64>>(6), row.get::<_, Option<String>>(7)) {
        (Some(amount), Some(currency)) => Some(Money::of(Minor(amount), wire::currency(&currency)?)),
        _ => None,
    };
    let at = Instant::from_utc(row.get(8));
    let resolved = row.get::<_, Option<String>>(9).map(|how| ResolvedView {
        how,
        reason: row.get(10),
        position: row.get(11),
        at: Instant::from_utc(row.get(12)),
    });
    let state: String = row.get(4);
    let returned = returned(row)?;
    let allowed_actions = match (&resolved, &returned, state.as_str()) {
        (Some(_), _, _) => Vec::new(),
        // It is judged anew by itself, from what is told of its buyer and item.
        (None, Some(_), _) => vec!["dismiss"],
        (None, None, "conflict") => vec!["correct", "dismiss"],
        (None, None, _) => vec!["retry", "correct", "dismiss"],
    };
    Ok(ParkedRow {
        position: row.get(0),
        line: row.get::<_, Option<Uuid>>(1).map(LineId),
        line_no: row.get(2),
        kind: row.get(3),
        state,
        code: row.get(5),
        amount,
        at,
        resolved,
        allowed_actions,
        returned,
        age_days: (now.micros() - at.micros()).max(0) / 86_400_000_000,
    })
}

fn returned(row: &Row) -> Result<Option<ParkedReturn>, ReportError> {
    let Some(document) = row.get::<_, Option<String>>(13) else {
        return Ok(None);
    };
    let text: Option<&str> = row.get(16);
    let candidates: Vec<Candidate> = match text {
        Some(text) => serde_json::from_str(text).map_err(|_| ReportError::Stored("candidates"))?,
        None => Vec::new(),
    };
    let view = |candidate: &Candidate| CandidateView {
        line: candidate.line,
        left: candidate.left,
        fits: candidate.fits,
    };
    Ok(Some(ParkedReturn {
        document,
        row: row.get(14),
        units: row.get(15),
        candidates: candidates.iter().map(view).collect(),
    }))
}

impl ParkedRow {
    /// What it may belong to, for people: document, units, then each line with what is left of it.
    fn may_belong_to(&self) -> Option<String> {
        let returned = self.returned.as_ref()?;
        let mut words = format!("{} x {}:", returned.document, returned.units);
        for candidate in &returned.candidates {
            let fits = if candidate.fits { " fits" } else { "" };
            words.push_str(&format!(" {} (left {}{fits})", candidate.line, candidate.left));
        }
        Some(words)
    }
}

impl ParkedView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Parked 待处理 at position {}", self.position),
            &[
                "position",
                "line_no",
                "kind",
                "state",
                "code",
                "amount",
                "currency",
                "age in days",
                "return and lines it may belong to",
            ],
        );
        for row in &self.parked {
            table.push([
                row.position.into(),
                row.line_no.clone().into(),
                row.kind.clone().into(),
                row.state.clone().into(),
                row.code.clone().into(),
                row.amount.as_ref().map_or(Cell::Empty, Cell::from),
                row.amount.as_ref().map(|amount| amount.currency.clone()).into(),
                row.age_days.into(),
                row.may_belong_to().into(),
            ]);
        }
        table
    }
}
