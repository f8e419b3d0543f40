//! Briefs: lists of what a viewer may see, and one with what it says, its applications and what may be done next.
//! Must never show an applicant another's quote, nor a brief to whom it was not shown.

use std::collections::HashMap;

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::vtask_terms::ContractTermsView;
use super::who::{WhoView, who};
use super::{At, Money, Page, ReportError, Statement, Table, Viewer, position, sql, streams, wire};
use crate::base::{BriefId, ContractId, ExternalId, Instant, ItemId, LogId, PartyId, PartyKind};
use crate::domain::brief::event::BriefClock;
use crate::domain::brief::{
    Application, BriefState, BriefTerms, Filters, Samples, Stage, Visibility, allowed, allowed_of,
};
use crate::domain::contract::Side;
use crate::domain::stream::Slice;
use crate::domain::world::Entity;
use crate::money::Minor;

pub(super) const SQL: &[Statement] = &[sql!("briefs_page")];

/// A brief in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct BriefRow {
    /// Which.
    #[schema(value_type = String)]
    pub brief: BriefId,
    /// The brand's own number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Whose.
    #[schema(value_type = String)]
    pub brand: PartyId,
    /// draft, posted, closed, filled, withdrawn or expired.
    pub status: String,
    /// open, invited or agency.
    pub visibility: String,
    /// Title.
    pub title: String,
    /// Category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Applications close.
    #[schema(value_type = String)]
    pub closes_at: Instant,
    /// The next deadline.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Instant>,
    /// The next deadline with its clock; null when no clock runs.
    pub next_deadline: Option<BriefDeadlineView>,
    /// What the viewer may ask of the brief now, in the words of the route.
    pub allowed_actions: Vec<&'static str>,
}

/// A deadline of a brief.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct BriefDeadlineView {
    /// close, expire or invitation.
    #[schema(value_type = String)]
    pub clock: BriefClock,
    /// Whose invitation; for who may see it.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// When.
    #[schema(value_type = String)]
    pub at: Instant,
}

/// Briefs, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct BriefsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Briefs.
    pub briefs: Vec<BriefRow>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Goods.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ProductView {
    /// The item.
    #[schema(value_type = String)]
    pub item: ItemId,
    /// List price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_price: Option<Money>,
    /// The price below which it is not sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor_price: Option<Money>,
}

/// What a brief says beside the terms.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct BriefTermsView {
    /// Goods.
    pub products: Vec<ProductView>,
    /// What a contract would begin with.
    pub terms: ContractTermsView,
    /// Most that its contracts may need together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Money>,
    /// Contracts wanted.
    pub slots: u32,
    /// Place in the running order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running_order: Option<u32>,
    /// Whom it is for.
    #[schema(value_type = Object)]
    pub filters: Filters,
    /// Samples.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<Samples>,
    /// Rules of the creative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creative: Option<String>,
    /// It is marked as advertising.
    pub ad_label: bool,
    /// Claims that must not be made.
    pub forbidden_claims: Vec<String>,
    /// Days without a competitor's goods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusivity_days: Option<u32>,
    /// Rights to cut it anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recut_rights: Option<String>,
    /// Kind of invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice_kind: Option<String>,
    /// Title of the invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice_title: Option<String>,
    /// The brand's own reference of a contact.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<ExternalId>,
    /// SHA-256 of uploaded files.
    pub attachments: Vec<String>,
    /// Seconds that an invitation waits.
    pub invitation: u32,
    /// Nothing is awarded from here on.
    #[schema(value_type = String)]
    pub expires_at: Instant,
}

/// An application.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ApplicationView {
    /// Whose.
    #[schema(value_type = String)]
    pub party: PartyId,
    /// Who that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<WhoView>,
    /// The applicant's own number for the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// invited, applied, awarded, withdrawn, declined, rejected or unanswered.
    pub status: &'static str,
    /// On the brand's short list; the brand alone sees it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub shortlisted: bool,
    /// Whose terms are on the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quoted_by: Option<&'static str>,
    /// The applicant stands by them.
    pub stands: bool,
    /// The terms on the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<ContractTermsView>,
    /// In the applicant's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The contract.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractId>,
    /// What the viewer may ask of it now.
    pub allowed_actions: Vec<&'static str>,
}

/// One brief.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct BriefView {
    /// The position it reflects.
    pub position: i64,
    /// As in a list.
    #[serde(flatten)]
    pub row: BriefRow,
    /// What it says.
    #[serde(flatten)]
    pub says: BriefTermsView,
    /// What its contracts need together.
    pub committed: Money,
    /// Applications: every one for the brand and the book, its own for an applicant.
    pub applications: Vec<ApplicationView>,
}

/// Which briefs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BriefFilter {
    /// With this status.
    pub status: Option<&'static str>,
    /// With this number of the brand.
    pub external_id: Option<String>,
}

/// What of posted briefs is shown to a kind of party.
fn shown(viewer: Viewer) -> Vec<&'static str> {
    match viewer.party().map(PartyId::kind) {
        Some(PartyKind::Anchor) => vec!["open"],
        Some(PartyKind::Agency) => vec!["open", "agency"],
        _ => Vec::new(),
    }
}

async fn rows(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (filter, id): (&BriefFilter, Option<Uuid>),
    (after, fetch): (Uuid, i64),
) -> Result<Vec<Row>, ReportError> {
    let own = viewer.party().map(PartyId::uuid);
    let hex = own.map(|own| own.simple().to_string());
    let sql = include_str!("sql/briefs_page.sql");
    let (shown, status) = (shown(viewer), filter.status);
    Ok(client
        .query(
            sql,
            &[
                &log.0,
                &after,
                &fetch,
                &own,
                &hex,
                &shown,
                &status,
                &filter.external_id,
                &id,
            ],
        )
        .await?)
}

/// Briefs a page at a time.
pub async fn briefs(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    filter: &BriefFilter,
    page: &Page,
) -> Result<BriefsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<BriefId>(after)?.0,
        None => Uuid::nil(),
    };
    let mut rows = rows(client, log, viewer, (filter, None), (after, page.fetch())).await?;
    let more = page.cut(&mut rows);
    let mut briefs: Vec<BriefRow> = rows.iter().map(row).collect::<Result<_, _>>()?;
    let ids: Vec<Uuid> = briefs.iter().map(|row| row.brief.0).collect();
    let folds = streams::folds(client, log, Slice::Brief, &ids).await?;
    for row in &mut briefs {
        if let Some(Entity::Brief(state)) = folds.get(&row.brief.0) {
            row.next_deadline = deadline(state, viewer);
            row.allowed_actions = may(state, viewer);
        }
    }
    let next = briefs.last().filter(|_| more).map(|last| last.brief.to_string());
    Ok(BriefsView { position, briefs, next })
}

fn row(row: &Row) -> Result<BriefRow, ReportError> {
    Ok(BriefRow {
        brief: BriefId(row.get(0)),
        external_id: row.get(1),
        brand: wire::party(row.get(2))?,
        status: row.get(3),
        visibility: row.get(4),
        title: row.get(5),
        category: row.get(6),
        closes_at: Instant::from_utc(row.get(7)),
        due: row.get::<_, Option<_>>(8).map(Instant::from_utc),
        next_deadline: None,
        allowed_actions: Vec::new(),
    })
}

/// The brief that a text names for a viewer: its id, or the brand's own number. Foreign and missing are alike.
pub async fn brief_named(client: &Client, log: LogId, viewer: Viewer, text: &str) -> Result<BriefId, ReportError> {
    let id = text.parse::<BriefId>().ok().map(|id| id.0);
    let filter = BriefFilter {
        status: None,
        external_id: if id.is_none() { Some(text.to_owned()) } else { None },
    };
    match rows(client, log, viewer, (&filter, id), (Uuid::nil(), 2))
        .await?
        .as_slice()
    {
        [one] => Ok(BriefId(one.get(0))),
        _ => Err(ReportError::NotFound),
    }
}

/// One brief as of a position; the viewer must be shown it, which `brief_named` says.
pub async fn brief(client: &Client, log: LogId, viewer: Viewer, id: BriefId, at: At) -> Result<BriefView, ReportError> {
    let position = position(client, log, at).await?;
    let events = streams::events(client, log, id.into(), position).await?;
    let Some(Entity::Brief(state)) = streams::fold(&events) else {
        return Err(ReportError::NotFound);
    };
    let who = who(client, log, state.applications.iter().map(|one| one.party)).await?;
    view(position, viewer, id, &state, &who)
}

/// The side that a viewer is on.
fn side_of(state: &BriefState, viewer: Viewer) -> Side {
    let brand = state.drafted.as_ref().map(|drafted| Viewer::Party(drafted.brand));
    match viewer {
        Viewer::All => Side::Book,
        Viewer::Party(_) if Some(viewer) == brand => Side::Brand,
        Viewer::Party(_) => Side::Anchor,
    }
}

/// What a viewer may ask of the brief itself now.
fn may(state: &BriefState, viewer: Viewer) -> Vec<&'static str> {
    match side_of(state, viewer) {
        // The book may act for either side.
        Side::Book => allowed(state, Side::Brand, None),
        side => allowed(state, side, viewer.party()),
    }
}

/// The next deadline that a viewer knows of: an invitation is for the brand, the book and who was invited.
fn deadline(state: &BriefState, viewer: Viewer) -> Option<BriefDeadlineView> {
    let all = side_of(state, viewer) != Side::Anchor;
    let known = state.timers.iter().filter(|timer| match timer.party {
        Some(party) => all || viewer.sees(party),
        None => true,
    });
    let next = known.min_by_key(|timer| (timer.due, timer.clock))?;
    Some(BriefDeadlineView {
        clock: next.clock,
        party: next.party,
        at: next.due,
    })
}

fn view(
    position: i64,
    viewer: Viewer,
    id: BriefId,
    state: &BriefState,
    who: &HashMap<PartyId, WhoView>,
) -> Result<BriefView, ReportError> {
    let wrong = || ReportError::Stored("brief");
    let drafted = state.drafted.as_deref().ok_or_else(wrong)?;
    let terms = state.terms.as_deref().ok_or_else(wrong)?;
    let side = side_of(state, viewer);
    let seen = |one: &&Application| side != Side::Anchor || viewer.sees(one.party);
    Ok(BriefView {
        position,
        row: BriefRow {
            brief: id,
            external_id: drafted.external_id.as_ref().map(ToString::to_string),
            brand: drafted.brand,
            status: state.status.word().to_owned(),
            visibility: match terms.visibility {
                Visibility::Open => "open",
                Visibility::Invited => "invited",
                Visibility::Agency => "agency",
            }
            .to_owned(),
            title: terms.title.to_string(),
            category: terms.category.clone(),
            closes_at: terms.closes_at,
            due: state.next().map(|timer| timer.due),
            next_deadline: deadline(state, viewer),
            allowed_actions: may(state, viewer),
        },
        says: says(terms),
        committed: Money::of(state.commitments()?, terms.terms.currency),
        applications: state
            .applications
            .iter()
            .filter(seen)
            .map(|one| application(state, one, side, who))
            .collect(),
    })
}

fn application(state: &BriefState, one: &Application, side: Side, who: &HashMap<PartyId, WhoView>) -> ApplicationView {
    let allowed_actions = match side {
        Side::Book => {
            let mut words = allowed_of(state, one, Side::Brand);
            words.extend(
                allowed_of(state, one, Side::Anchor)
                    .into_iter()
                    .filter(|word| *word != "quote"),
            );
            words
        }
        side => allowed_of(state, one, side),
    };
    ApplicationView {
        party: one.party,
        who: who.get(&one.party).cloned(),
        external_id: one.external_id.as_ref().map(ToString::to_string),
        status: one.stage.word(),
        shortlisted: one.shortlisted && side != Side::Anchor,
        quoted_by: one.terms.as_ref().map(|_| one.by.word()),
        stands: one.stands,
        terms: one.terms.as_ref().map(ContractTermsView::of),
        note: one.note.clone(),
        contract: match one.stage {
            Stage::Awarded(contract) => Some(contract),
            Stage::Invited | Stage::Applied | Stage::Ended(_) => None,
        },
        allowed_actions,
    }
}

fn says(terms: &BriefTerms) -> BriefTermsView {
    let money = |amount: Minor| Money::of(amount, terms.terms.currency);
    BriefTermsView {
        products: terms
            .products
            .iter()
            .map(|product| ProductView {
                item: product.item,
                list_price: product.list_price.map(money),
                floor_price: product.floor_price.map(money),
            })
            .collect(),
        terms: ContractTermsView::of(&terms.terms),
        budget: terms.budget.map(money),
        slots: terms.slots,
        running_order: terms.position,
        filters: terms.filters.clone(),
        samples: terms.samples.clone(),
        creative: terms.creative.clone(),
        ad_label: terms.ad_label,
        forbidden_claims: terms.forbidden_claims.clone(),
        exclusivity_days: terms.exclusivity_days,
        recut_rights: terms.recut_rights.clone(),
        invoice_kind: terms.invoice_kind.clone(),
        invoice_title: terms.invoice_title.clone(),
        contact: terms.contact.clone(),
        attachments: terms.attachments.clone(),
        invitation: terms.invitation,
        expires_at: terms.expires_at,
    }
}

impl BriefsView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Briefs 任务单 at position {}", self.position),
            &[
                "brief",
                "brand",
                "status",
                "visibility",
                "title",
                "category",
                "closes_at",
            ],
        );
        for row in &self.briefs {
            table.push([
                row.brief.to_string().into(),
                row.brand.to_string().into(),
                row.status.clone().into(),
                row.visibility.clone().into(),
                row.title.clone().into(),
                row.category.clone().into(),
                row.closes_at.to_string().into(),
            ]);
        }
        table
    }
}
