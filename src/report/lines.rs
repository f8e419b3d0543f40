//! Lines of a party with their status, its own part of each, and the reason in one sentence.
//! Must never show a party the part of another.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::history::{Calendar, History, Part, histories, history, legs};
use super::page::part;
use super::{At, Cell, Money, Page, ReportError, Statement, Table, Viewer, Why, position, reason, sql};
use crate::base::{FormulaId, Instant, ItemId, LineId, LogId, Month, PartyId, RuleId, ShopId};
use crate::domain::order::{FactState, LineStatus, RateTerms};
use crate::ledger::Layer;
use crate::money::Minor;

pub(super) const SQL: &[Statement] = &[sql!("lines_page"), sql!("lines_of_party_page"), sql!("lines_of_orders")];

/// Which lines: ordered in `[from, to)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LineFilter {
    /// Lines of this party.
    pub party: Option<PartyId>,
    /// Inclusive.
    pub from: Option<Instant>,
    /// Exclusive.
    pub to: Option<Instant>,
}

/// The rule of a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct RuleOfLine {
    /// Which.
    #[schema(value_type = String)]
    pub rule: RuleId,
    /// Its version at the pin.
    pub version: u32,
    /// Precedence level, 1 to 9.
    pub level: u8,
    /// The rate, a decimal fraction; absent where tiers apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
}

/// One fact as kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct FactView {
    /// Position of its event.
    pub position: i64,
    /// Kind.
    pub kind: &'static str,
    /// Business time.
    #[schema(value_type = String)]
    pub at: Instant,
    /// What became of it when it was recorded.
    #[schema(value_type = String)]
    pub state: FactState,
    /// Why it was not simply applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What found no place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remainder: Option<Money>,
    /// It was taken back: the line stands as if it had never been told.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
}

/// A sub-order line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LineView {
    /// Which.
    #[schema(value_type = String)]
    pub line: LineId,
    /// Platform.
    pub platform: String,
    /// The platform's number of the line.
    pub line_no: String,
    /// The order number the buyer sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_no: Option<String>,
    /// Item.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// Shop.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shop: Option<ShopId>,
    /// Units bought.
    pub quantity: u32,
    /// Where it is.
    #[schema(value_type = String)]
    pub status: LineStatus,
    /// Pin instant, or business time of the first fact while not pinned.
    #[schema(value_type = String)]
    pub at: Instant,
    /// Goods paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid: Option<Money>,
    /// Goods refunded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Money>,
    /// What the commission was computed on: the estimate's base, or the settled base after refunds won.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Money>,
    /// Live room: the row's own, the click's, or the one whose roster gave the promoter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Who promoted it.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promoter: Option<PartyId>,
    /// The rule that won.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleOfLine>,
    /// The formula.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formula: Option<FormulaId>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formula_version: Option<u32>,
    /// Month of the order.
    #[schema(value_type = String)]
    pub order_month: Month,
    /// Accounting months of what was settled, first the settlement's own.
    #[schema(value_type = Vec<String>)]
    pub accounting_months: Vec<Month>,
    /// What the viewer's own accounts hold of it; for a viewer of everything, every party's.
    pub parts: Vec<Part>,
    /// Why.
    pub reason: Why,
    /// Facts that found no place.
    pub parked: usize,
    /// Position of its last event.
    pub position: i64,
    /// Every fact, in the single view.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<FactView>,
}

/// Lines, newest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LinesView {
    /// A position they reflect at least.
    pub position: i64,
    /// Lines.
    pub lines: Vec<LineView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Lines the viewer has to do with, newest order first, a page at a time.
pub async fn lines(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    filter: LineFilter,
    page: &Page,
) -> Result<LinesView, ReportError> {
    if filter.party.is_some_and(|party| !viewer.sees(party)) {
        return Err(ReportError::NotFound);
    }
    let position = position(client, log, At::Now).await?;
    let (before, line) = match page.parts::<2>()? {
        Some([at, line]) => (part::<Instant>(at)?.utc(), part::<LineId>(line)?.0),
        None => (end_of_time(), Uuid::max()),
    };
    let from = filter.from.map_or(DateTime::<Utc>::UNIX_EPOCH, Instant::utc);
    let to = filter.to.map_or(end_of_time(), Instant::utc);
    let fetch = page.fetch();
    let rows = match filter.party.or(viewer.party()) {
        Some(party) => {
            let sql = include_str!("sql/lines_of_party_page.sql");
            client
                .query(sql, &[&log.0, &before, &line, &from, &to, &fetch, &party.uuid()])
                .await?
        }
        None => {
            let sql = include_str!("sql/lines_page.sql");
            client.query(sql, &[&log.0, &before, &line, &from, &to, &fetch]).await?
        }
    };
    let mut keys = keys(&rows);
    let more = page.cut(&mut keys);
    let mut histories = histories(log, &rows)?;
    histories.truncate(keys.len());
    let calendar = Calendar::load(client, log, position).await?;
    // A party named by a viewer of everything is looked at with that party's eyes.
    let eyes = filter.party.map_or(viewer, Viewer::Party);
    let lines = histories.iter().map(|history| view(history, &calendar, eyes));
    Ok(LinesView {
        position,
        lines: lines.collect::<Result<_, _>>()?,
        next: keys.last().filter(|_| more).map(|(at, line)| format!("{at}~{line}")),
    })
}

/// The end of the calendar that instants allow.
pub(super) fn end_of_time() -> DateTime<Utc> {
    DateTime::from_timestamp(32_503_680_000, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The page's own keys (column 10, and the stream), each once.
fn keys(rows: &[Row]) -> Vec<(Instant, LineId)> {
    let mut keys: Vec<(Instant, LineId)> = Vec::new();
    for row in rows {
        let key = (Instant::from_utc(row.get(10)), LineId(row.get(0)));
        if keys.last() != Some(&key) {
            keys.push(key);
        }
    }
    keys
}

/// All lines of some orders, by the order numbers the buyer sees; those that are not there are left out.
pub async fn lines_of_orders(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    orders: &[String],
) -> Result<LinesView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let own = viewer.party().map(PartyId::uuid);
    let sql = include_str!("sql/lines_of_orders.sql");
    let rows = client.query(sql, &[&log.0, &orders, &own]).await?;
    let calendar = Calendar::load(client, log, position).await?;
    let histories = histories(log, &rows)?;
    let lines = histories.iter().map(|history| view(history, &calendar, viewer));
    Ok(LinesView {
        position,
        lines: lines.collect::<Result<_, _>>()?,
        next: None,
    })
}

/// One line with its facts, at any position.
pub async fn line(client: &Client, log: LogId, viewer: Viewer, line: LineId, at: At) -> Result<LineView, ReportError> {
    let position = position(client, log, at).await?;
    let history = history(client, log, line, position).await?;
    if !takes_part(&history, viewer) {
        return Err(ReportError::NotFound);
    }
    let calendar = Calendar::load(client, log, position).await?;
    let mut view = view(&history, &calendar, viewer)?;
    let currency = history.currency(&calendar.book);
    let fact = |kept: &crate::domain::order::Kept| FactView {
        position: kept.position,
        kind: kept.fact.what.kind(),
        at: kept.fact.at,
        state: kept.state,
        code: kept.code.clone(),
        remainder: kept.remainder.map(|amount| Money::of(amount, currency)),
        withdrawn: kept.withdrawn,
    };
    view.facts = history.state.facts().map(fact).collect();
    Ok(view)
}

/// A party has to do with a line when a pin of it gave the party a part.
pub(super) fn takes_part(history: &History, viewer: Viewer) -> bool {
    let Some(party) = viewer.party() else { return true };
    let pinned = history.events.iter().filter_map(|stored| match &stored.event {
        crate::domain::event::Event::Line(event) => super::history::pin_of(event),
        _ => None,
    });
    pinned
        .into_iter()
        .any(|pin| super::history::parties_of(pin).contains(&party))
}

fn view(history: &History, calendar: &Calendar, viewer: Viewer) -> Result<LineView, ReportError> {
    let state = &history.state;
    let book = &calendar.book;
    let currency = history.currency(book);
    let money = |amount: Minor| Money::of(amount, currency);
    let story = state.story();
    let refunds = Minor::sum(story.refunds.iter().map(|refund| refund.goods))?;
    let figures = state.figures();
    let pin = history.pin();
    // Lines of other books have no formula here.
    let own = pin.filter(|pin| pin.formula_version > 0);
    let at = state.at().ok_or(ReportError::Stored("line"))?;
    let text = |id: Option<&crate::base::ExternalId>| id.map(ToString::to_string);
    Ok(LineView {
        line: history.line,
        platform: text(state.platform()).unwrap_or_default(),
        line_no: text(state.line_no()).unwrap_or_default(),
        order_no: text(state.about().order_no.as_ref()),
        item: pin.and_then(|pin| pin.dims.item),
        shop: pin.and_then(|pin| pin.dims.shop),
        quantity: state.quantity(),
        status: state.status(),
        at,
        paid: story.paid_goods().map(money),
        refunded: Some(refunds).filter(|refunds| !refunds.is_zero()).map(money),
        base: figures.won_base.or(figures.estimated_base).map(money),
        room: text(pin.and_then(|pin| pin.dims.room.as_ref())),
        promoter: pin.and_then(|pin| pin.attribution.party),
        rule: pin.and_then(|pin| pin.rule.as_ref()).map(|choice| RuleOfLine {
            rule: choice.rule,
            version: choice.version,
            level: choice.level,
            rate: match &choice.rate {
                RateTerms::Flat(rate) => Some(rate.to_string()),
                RateTerms::Tiered(_) => None,
            },
        }),
        formula: own.map(|pin| pin.formula),
        formula_version: own.map(|pin| pin.formula_version),
        order_month: book.opened.zone.month(at),
        accounting_months: accounting_months(history, calendar),
        parts: history.parts(viewer, currency)?,
        reason: reason::why_line(history, book, viewer)?,
        parked: state.parked().count(),
        position: state.position(),
        facts: Vec::new(),
    })
}

fn accounting_months(history: &History, calendar: &Calendar) -> Vec<Month> {
    let mut seen = BTreeSet::new();
    let settled = history.events.iter().filter(|stored| {
        let legs = legs(&stored.event);
        legs.iter().any(|leg| leg.layer == Layer::Settled)
    });
    let months = settled.map(|stored| calendar.stamp(stored).period);
    months.filter(|month| seen.insert(*month)).collect()
}

impl LinesView {
    /// As a table.
    pub fn table(&self, lang: super::Lang) -> Table {
        let mut table = Table::new(
            format!("Lines 明细 at position {}", self.position),
            &["line_no", "status", "paid", "base", "currency", "reason"],
        );
        for row in &self.lines {
            let status = serde_json::to_string(&row.status).unwrap_or_default();
            let currency = row
                .paid
                .as_ref()
                .or(row.base.as_ref())
                .map(|money| money.currency.clone());
            let sentence = match lang {
                super::Lang::En => &row.reason.en,
                super::Lang::Zh => &row.reason.zh,
            };
            table.push([
                row.line_no.clone().into(),
                status.trim_matches('"').into(),
                row.paid.as_ref().map_or(Cell::Empty, Cell::from),
                row.base.as_ref().map_or(Cell::Empty, Cell::from),
                currency.into(),
                sentence.clone().into(),
            ]);
        }
        table
    }
}
