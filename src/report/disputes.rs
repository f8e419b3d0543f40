//! The contest desk 申诉: disputes with their deadline and answer, and the evidence as the party saw it.
//! Must never show a party a dispute of another, nor evidence that the party could not see itself.

use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{At, Cell, ExplainView, Page, ReportError, Statement, Table, Viewer, explain_line, head, sql, wire};
use crate::base::{ApprovalId, DisputeId, Instant, LineId, LogId, PartyId};

pub(super) const SQL: &[Statement] = &[sql!("disputes_page")];

/// What a line's explanation was when it was disputed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// As of this position.
    pub position: i64,
    /// SHA-256 of the explanation as JSON, hexadecimal.
    pub sha256: String,
}

/// Fixes the explanation of a line as a party sees it; not found for a line in which it has no part.
pub async fn evidence(client: &Client, log: LogId, party: PartyId, line: LineId) -> Result<Evidence, ReportError> {
    let view = explain_line(client, log, Viewer::Party(party), line, At::Now).await?;
    Ok(Evidence {
        position: view.position,
        sha256: digest(&view)?,
    })
}

fn digest(view: &ExplainView) -> Result<String, ReportError> {
    let text = serde_json_canonicalizer::to_string(view).map_err(|_| ReportError::Stored("explanation"))?;
    Ok(hex::encode(Sha256::digest(text.as_bytes())))
}

/// A dispute.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct DisputeView {
    /// Which.
    #[schema(value_type = String)]
    pub dispute: DisputeId,
    /// How often this party disputed this line.
    pub number: i32,
    /// The line.
    #[schema(value_type = String)]
    pub line: LineId,
    /// The platform's number of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_no: Option<String>,
    /// Who disputes.
    #[schema(value_type = String)]
    pub party: PartyId,
    /// Why.
    pub reason: String,
    /// open, upheld or rejected.
    pub state: String,
    /// Finance answers by then.
    #[schema(value_type = String)]
    pub due: Instant,
    /// Open, and the day has passed.
    pub overdue: bool,
    /// What finance said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The adjustment that was asked for.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correction: Option<ApprovalId>,
    /// The line is explained as of this position.
    pub evidence_position: i64,
    /// SHA-256 of the canonical JSON of that explanation as the party sees it.
    pub evidence_sha256: String,
    /// That explanation; in the single view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<ExplainView>,
    /// It still has that SHA-256; in the single view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_unchanged: Option<bool>,
    /// Position of its last event.
    pub position: i64,
    /// What may be done with it now.
    pub allowed_actions: Vec<&'static str>,
}

/// Disputes, newest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct DisputesView {
    /// A position they reflect at least.
    pub position: i64,
    /// Disputes.
    pub disputes: Vec<DisputeView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Disputes a page at a time; a party's own, or all for the book's people.
pub async fn disputes(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    state: Option<&'static str>,
    page: &Page,
) -> Result<DisputesView, ReportError> {
    let head = head(client, log).await?;
    let before = match page.parts::<1>()? {
        Some([before]) => part::<i64>(before)?,
        None => i64::MAX,
    };
    let party = viewer.party().map(PartyId::uuid);
    let none: Option<Uuid> = None;
    let mut rows = client
        .query(
            include_str!("sql/disputes_page.sql"),
            &[&log.0, &before, &page.fetch(), &party, &state, &none],
        )
        .await?;
    let more = page.cut(&mut rows);
    let disputes: Vec<DisputeView> = rows
        .iter()
        .map(|row| view(row, viewer, head.recorded_at))
        .collect::<Result<_, _>>()?;
    let next = disputes.last().filter(|_| more).map(|last| last.position.to_string());
    Ok(DisputesView {
        position: head.position,
        disputes,
        next,
    })
}

/// One dispute with its evidence.
pub async fn dispute(client: &Client, log: LogId, viewer: Viewer, id: DisputeId) -> Result<DisputeView, ReportError> {
    let head = head(client, log).await?;
    let (party, state): (Option<Uuid>, Option<&str>) = (viewer.party().map(PartyId::uuid), None);
    let row = client
        .query_opt(
            include_str!("sql/disputes_page.sql"),
            &[&log.0, &i64::MAX, &1_i64, &party, &state, &Some(id.0)],
        )
        .await?;
    let mut found = view(&row.ok_or(ReportError::NotFound)?, viewer, head.recorded_at)?;
    let at = At::Position(found.evidence_position);
    let evidence = explain_line(client, log, Viewer::Party(found.party), found.line, at).await?;
    found.evidence_unchanged = Some(digest(&evidence)? == found.evidence_sha256);
    found.evidence = Some(evidence);
    Ok(found)
}

fn view(row: &Row, viewer: Viewer, now: Instant) -> Result<DisputeView, ReportError> {
    let state: String = row.get(9);
    let due = Instant::from_utc(row.get(6));
    let open = state == "open";
    Ok(DisputeView {
        dispute: DisputeId(row.get(0)),
        number: row.get(1),
        line: LineId(row.get(2)),
        line_no: row.get(3),
        party: wire::party(row.get(4))?,
        reason: row.get(5),
        overdue: open && due < now,
        due,
        evidence_position: row.get(7),
        evidence_sha256: row.get(8),
        answer: row.get(10),
        correction: row.get::<_, Option<Uuid>>(11).map(ApprovalId),
        position: row.get(12),
        evidence: None,
        evidence_unchanged: None,
        allowed_actions: match (open, viewer) {
            (true, Viewer::All) => vec!["answer"],
            _ => Vec::new(),
        },
        state,
    })
}

impl DisputesView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Disputes 申诉 at position {}", self.position),
            &[
                "dispute", "party", "line_no", "state", "due", "overdue", "reason", "answer",
            ],
        );
        for one in &self.disputes {
            table.push([
                one.dispute.to_string().into(),
                one.party.to_string().into(),
                one.line_no.clone().map_or(Cell::Empty, Cell::Text),
                one.state.clone().into(),
                one.due.to_string().into(),
                if one.overdue { "overdue" } else { "" }.into(),
                one.reason.clone().into(),
                one.answer.clone().into(),
            ]);
        }
        table
    }
}
