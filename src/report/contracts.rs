//! Brand contracts: lists, and one with its terms, money, deliverables, story and what may be done next.
//! Must never show the brand how the anchor's side shares, nor one taker the part of another.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::streams::{self, Stored};
use super::vtask_terms::ContractTermsView;
use super::who::{WhoView, who};
use super::{At, Money, Page, ReportError, Statement, Table, Viewer, position, sql, wire};
use crate::base::{BriefId, ContractId, Instant, LineId, LogId, PartyId};
use crate::domain::contract::actions::{ROLES, allowed};
use crate::domain::contract::event::{Clock, Evidence, What};
use crate::domain::contract::state::deliverable_of;
use crate::domain::contract::{ContractState, Side, TakerKeeps, Work, clocks};
use crate::domain::event::Event;
use crate::domain::stream::Slice;
use crate::domain::world::Entity;
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("contracts_page"), sql!("contract_sales")];

/// What every page about a contract says.
const NOTICE: &str = "本系统只记账，不代收代付 (this system records; it does not hold or forward money)";

/// A contract in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ContractRow {
    /// Which.
    #[schema(value_type = String)]
    pub contract: ContractId,
    /// The brand's own number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Its brief.
    #[schema(value_type = String)]
    pub brief: BriefId,
    /// Who pays.
    #[schema(value_type = String)]
    pub brand: PartyId,
    /// Who was chosen.
    #[schema(value_type = String)]
    pub awardee: PartyId,
    /// Who does the work.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchor: Option<PartyId>,
    /// Form.
    pub form: String,
    /// awarded, funded, running, settled, lapsed, cancelled_by_brand, cancelled_by_anchor or failed.
    pub phase: String,
    /// Set aside now.
    pub held: Money,
    /// The next deadline.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Instant>,
    /// The next deadline with its clock; null when no clock runs.
    pub next_deadline: Option<DeadlineView>,
    /// What the viewer may ask now, in the words of the route.
    pub allowed_actions: Vec<&'static str>,
}

/// Contracts, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ContractsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Contracts.
    pub contracts: Vec<ContractRow>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A deadline.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct DeadlineView {
    /// funding, due, review_warning, review, settle, result, result_answer, dispute or rating.
    #[schema(value_type = String)]
    pub clock: Clock,
    /// Of which deliverable, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliverable: Option<u32>,
    /// When.
    #[schema(value_type = String)]
    pub at: Instant,
}

/// An action with the sides that may ask for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ActionView {
    /// The word of the route.
    pub action: &'static str,
    /// brand, anchor, book.
    pub sides: Vec<&'static str>,
    /// What is asked now is not refused for where the contract stands.
    pub open: bool,
}

/// The money of a contract.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct EscrowView {
    /// Set aside in all.
    pub funded: Money,
    /// Out to others.
    pub released: Money,
    /// Back to the brand.
    pub returned: Money,
    /// Held now.
    pub held: Money,
    /// Bound to scheduled deliverables.
    pub bound: Money,
    /// Proved to be paid outside.
    pub paid: Money,
}

/// A deliverable as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct DeliverableView {
    /// Its number, from 0.
    pub number: usize,
    /// The brand's own number for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Its name.
    pub name: String,
    /// planned, scheduled, delivered, revising, accepted, measuring, result_due, result_proposed, disputed or closed.
    pub status: &'static str,
    /// The most that it pays.
    pub fee: Money,
    /// Released to the anchor's side.
    pub earned: Money,
    /// Back to the brand, of the fee.
    pub returned: Money,
    /// When it takes place.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
    /// Its due time passed without a delivery.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
    /// Revisions asked for.
    pub revisions: u32,
    /// Evidence of the latest delivery.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceView>,
    /// Minutes shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// The proposed result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ResultView>,
}

/// A piece of evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct EvidenceView {
    /// Kind.
    pub kind: String,
    /// Where it is, or what it says.
    pub value: String,
}

/// A proposed sales result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ResultView {
    /// Sum of the lines that count.
    pub reached: Money,
    /// Position that the ledger read it at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// Its lines.
    pub lines: Vec<SoldView>,
}

/// A line of a result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SoldView {
    /// Which.
    #[schema(value_type = String)]
    pub line: LineId,
    /// Its sales.
    pub amount: Money,
    /// It counts.
    pub counted: bool,
    /// A side contests that.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub contested: bool,
}

/// One taker of what is earned.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct TakerView {
    /// Who.
    #[schema(value_type = String)]
    pub party: PartyId,
    /// Its share of what reaches it, a decimal fraction; absent for the last, which keeps the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keeps: Option<String>,
    /// What it passes on, when its contract says that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passes_on: Option<String>,
}

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct StoryView {
    /// Position of its event.
    pub position: i64,
    /// Kind.
    pub kind: String,
    /// When.
    #[schema(value_type = String)]
    pub at: Instant,
    /// Of which deliverable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliverable: Option<u32>,
    /// By which side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<&'static str>,
    /// Reason, statement, or words of a rating.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Stars of a rating.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stars: Option<u8>,
}

/// One contract.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ContractView {
    /// The position it reflects.
    pub position: i64,
    /// As in a list.
    #[serde(flatten)]
    pub row: ContractRow,
    /// Version of the terms in force.
    pub version: u32,
    /// Terms in force.
    pub terms: ContractTermsView,
    /// Terms that wait for the other side: their version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_version: Option<u32>,
    /// By which side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<&'static str>,
    /// The proposed terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_terms: Option<ContractTermsView>,
    /// The money.
    pub escrow: EscrowView,
    /// Each deliverable.
    pub deliverables: Vec<DeliverableView>,
    /// Who shares what is earned: the viewer's own part; every part for a viewer of everything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub takers: Vec<TakerView>,
    /// Who brand, awardee and anchor are.
    pub who: Vec<WhoView>,
    /// Every action with the sides that may ask for it.
    pub actions: Vec<ActionView>,
    /// What happened.
    pub story: Vec<StoryView>,
    /// What this system does with money.
    pub notice: &'static str,
}

/// Which contracts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ContractFilter {
    /// With this phase.
    pub phase: Option<&'static str>,
    /// Of this brief.
    pub brief: Option<BriefId>,
    /// With this number of the brand.
    pub external_id: Option<String>,
}

fn hex(viewer: Viewer) -> Option<String> {
    viewer.party().map(|party| party.uuid().simple().to_string())
}

/// Contracts a page at a time.
pub async fn contracts(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    filter: &ContractFilter,
    page: &Page,
) -> Result<ContractsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<ContractId>(after)?.0,
        None => Uuid::nil(),
    };
    let sql = include_str!("sql/contracts_page.sql");
    let (fetch, own, brief) = (page.fetch(), hex(viewer), filter.brief.map(|brief| brief.0));
    let mut rows = client
        .query(
            sql,
            &[
                &log.0,
                &after,
                &fetch,
                &own,
                &filter.phase,
                &brief,
                &filter.external_id,
                &None::<Uuid>,
            ],
        )
        .await?;
    let more = page.cut(&mut rows);
    let mut contracts: Vec<ContractRow> = rows.iter().map(row).collect::<Result<_, _>>()?;
    let ids: Vec<Uuid> = contracts.iter().map(|row| row.contract.0).collect();
    let folds = streams::folds(client, log, Slice::Contract, &ids).await?;
    for row in &mut contracts {
        if let Some(Entity::Contract(state)) = folds.get(&row.contract.0) {
            row.next_deadline = deadline(state);
            row.allowed_actions = allowed(state, side_of(state, viewer));
        }
    }
    let next = contracts.last().filter(|_| more).map(|last| last.contract.to_string());
    Ok(ContractsView {
        position,
        contracts,
        next,
    })
}

fn row(row: &Row) -> Result<ContractRow, ReportError> {
    let currency = wire::currency(row.get(8))?;
    Ok(ContractRow {
        contract: ContractId(row.get(0)),
        external_id: row.get(1),
        brief: BriefId(row.get(2)),
        brand: wire::party(row.get(3))?,
        awardee: wire::party(row.get(4))?,
        anchor: row.get::<_, Option<Uuid>>(5).map(wire::party).transpose()?,
        form: row.get(6),
        phase: row.get(7),
        held: Money::of(Minor(row.get(9)), currency),
        due: row.get::<_, Option<_>>(10).map(Instant::from_utc),
        next_deadline: None,
        allowed_actions: Vec::new(),
    })
}

/// The contract that a text names for a viewer: its id, or the brand's own number for it. Foreign and missing are alike.
pub async fn contract_named(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    text: &str,
) -> Result<ContractId, ReportError> {
    let id = text.parse::<ContractId>().ok().map(|id| id.0);
    let number = if id.is_none() { Some(text) } else { None };
    let sql = include_str!("sql/contracts_page.sql");
    let (none, nil) = (None::<&str>, Uuid::nil());
    let rows = client
        .query(
            sql,
            &[&log.0, &nil, &2_i64, &hex(viewer), &none, &None::<Uuid>, &number, &id],
        )
        .await?;
    match rows.as_slice() {
        [one] => Ok(ContractId(one.get(0))),
        _ => Err(ReportError::NotFound),
    }
}

/// One contract as of a position; the viewer must be concerned by it, which `contract_named` says.
pub async fn contract(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    id: ContractId,
    at: At,
) -> Result<ContractView, ReportError> {
    let position = position(client, log, at).await?;
    let events = streams::events(client, log, id.into(), position).await?;
    let Some(Entity::Contract(state)) = streams::fold(&events) else {
        return Err(ReportError::NotFound);
    };
    let concerned = state
        .awarded
        .iter()
        .flat_map(|awarded| [awarded.brand, awarded.awardee]);
    let mut known = who(client, log, concerned.clone().chain(state.anchor)).await?;
    let each = concerned.chain(state.anchor).filter_map(|party| known.remove(&party));
    let each = each.collect();
    view(position, viewer, id, (&state, &events), each)
}

fn deadline(state: &ContractState) -> Option<DeadlineView> {
    clocks::next(state).map(|timer| DeadlineView {
        clock: timer.clock,
        deliverable: timer.deliverable,
        at: timer.due,
    })
}

/// The side that a viewer is on.
fn side_of(state: &ContractState, viewer: Viewer) -> Side {
    let brand = state.awarded.as_ref().map(|awarded| awarded.brand);
    match viewer {
        Viewer::All => Side::Book,
        Viewer::Party(party) if Some(party) == brand => Side::Brand,
        Viewer::Party(_) => Side::Anchor,
    }
}

fn view(
    position: i64,
    viewer: Viewer,
    id: ContractId,
    (state, events): (&ContractState, &[Stored]),
    who: Vec<WhoView>,
) -> Result<ContractView, ReportError> {
    let wrong = || ReportError::Stored("contract");
    let awarded = state.awarded.as_deref().ok_or_else(wrong)?;
    let (version, terms) = state.versions.last().ok_or_else(wrong)?;
    let currency = terms.currency;
    let money = |amount: Minor| Money::of(amount, currency);
    let hold = state.hold;
    let next = clocks::next(state);
    let proposal = state.proposal.as_ref();
    Ok(ContractView {
        position,
        row: ContractRow {
            contract: id,
            external_id: awarded.external_id.as_ref().map(ToString::to_string),
            brief: awarded.brief,
            brand: awarded.brand,
            awardee: awarded.awardee,
            anchor: state.anchor,
            form: terms.form.word().to_owned(),
            phase: state.phase.word().to_owned(),
            held: money(state.left()),
            due: next.map(|timer| timer.due),
            next_deadline: deadline(state),
            allowed_actions: allowed(state, side_of(state, viewer)),
        },
        version: *version,
        terms: ContractTermsView::of(terms),
        proposed_version: proposal.map(|proposal| proposal.number),
        proposed_by: proposal.map(|proposal| proposal.by.word()),
        proposed_terms: proposal.map(|proposal| ContractTermsView::of(&proposal.terms)),
        escrow: EscrowView {
            funded: money(hold.map_or(Minor::ZERO, |hold| hold.held)),
            released: money(hold.map_or(Minor::ZERO, |hold| hold.released)),
            returned: money(hold.map_or(Minor::ZERO, |hold| hold.voided)),
            held: money(state.left()),
            bound: money(state.needed(terms, false)?),
            paid: money(state.paid),
        },
        deliverables: deliverables(state, currency),
        takers: takers(state, viewer),
        who,
        actions: actions(state),
        story: events.iter().filter_map(story).collect(),
        notice: NOTICE,
    })
}

fn deliverables(state: &ContractState, currency: Currency) -> Vec<DeliverableView> {
    let terms = state.terms().map_or(&[] as &[_], |terms| &terms.deliverables);
    let pairs = terms.iter().zip(&state.works).enumerate();
    let view = |(number, (one, work)): (usize, (&crate::domain::contract::Deliverable, &Work))| DeliverableView {
        number,
        external_id: one.external_id.as_ref().map(ToString::to_string),
        name: one.name.clone(),
        status: work.status.word(),
        fee: Money::of(one.fee, currency),
        earned: Money::of(work.earned, currency),
        returned: Money::of(work.returned, currency),
        at: work.at,
        overdue: work.overdue,
        revisions: work.rounds,
        evidence: work
            .delivery
            .iter()
            .flat_map(|delivery| &delivery.evidence)
            .map(evidence)
            .collect(),
        minutes: work.delivery.as_ref().and_then(|delivery| delivery.minutes),
        result: result(work, currency),
    };
    pairs.map(view).collect()
}

fn evidence(piece: &Evidence) -> EvidenceView {
    EvidenceView {
        kind: piece.kind.clone(),
        value: piece.value.clone(),
    }
}

fn result(work: &Work, currency: Currency) -> Option<ResultView> {
    let result = work.result.as_ref()?;
    Some(ResultView {
        reached: Money::of(result.reached, currency),
        position: result.position,
        lines: result
            .lines
            .iter()
            .map(|sold| SoldView {
                line: sold.line,
                amount: Money::of(sold.amount, currency),
                counted: sold.counted,
                contested: work.contested.contains(&sold.line),
            })
            .collect(),
    })
}

fn takers(state: &ContractState, viewer: Viewer) -> Vec<TakerView> {
    let seen = state.chain.iter().filter(|taker| viewer.sees(taker.party));
    seen.map(|taker| TakerView {
        party: taker.party,
        keeps: match taker.keeps {
            TakerKeeps::Share(rate) => Some(rate.to_string()),
            TakerKeeps::All | TakerKeeps::PassesOn(_) => None,
        },
        passes_on: match taker.keeps {
            TakerKeeps::PassesOn(rate) => Some(rate.to_string()),
            TakerKeeps::All | TakerKeeps::Share(_) => None,
        },
    })
    .collect()
}

fn actions(state: &ContractState) -> Vec<ActionView> {
    let open = Side::ALL.map(|side| allowed(state, side));
    let each = ROLES.iter().map(|(word, sides)| ActionView {
        action: word,
        sides: sides.iter().map(|side| side.word()).collect(),
        open: open.iter().any(|words| words.contains(word)),
    });
    each.collect()
}

fn story(stored: &Stored) -> Option<StoryView> {
    let Event::Contract(event) = &stored.event else {
        return None;
    };
    let (by, text, stars) = match &event.what {
        What::RevisionRequested { reason, .. } => (None, Some(reason.clone()), None),
        What::ResultContested { by, reason, .. }
        | What::Disputed { by, reason, .. }
        | What::Cancelled { by, reason, .. } => (Some(*by), Some(reason.clone()), None),
        What::StatementMade { by, text, .. } => (Some(*by), Some(text.clone()), None),
        What::Rated { by, stars, text } => (Some(*by), text.clone(), Some(*stars)),
        What::AmendmentProposed { by, .. } | What::AmendmentRefused { by, .. } | What::ResultAccepted { by, .. } => {
            (Some(*by), None, None)
        }
        What::Released { reason, .. } => (None, reason.clone(), None),
        What::TimerLapsed { code } => (None, Some(code.clone()), None),
        _ => (None, None, None),
    };
    Some(StoryView {
        position: stored.placed.position,
        kind: stored.kind.clone(),
        at: stored.placed.occurred_at,
        deliverable: deliverable_of(&event.what),
        by: by.map(Side::word),
        text,
        stars,
    })
}

impl ContractsView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Brand contracts V任务 at position {}. {NOTICE}", self.position),
            &[
                "contract", "brand", "awardee", "form", "phase", "held", "currency", "due",
            ],
        );
        for row in &self.contracts {
            table.push([
                row.contract.to_string().into(),
                row.brand.to_string().into(),
                row.awardee.to_string().into(),
                row.form.clone().into(),
                row.phase.clone().into(),
                super::Cell::from(&row.held),
                row.held.currency.clone().into(),
                row.due.map(|due| due.to_string()).into(),
            ]);
        }
        table
    }
}
