//! Samples: who asked for what, and the stock of samples with its holders.
//! Must never show a party the samples of another.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{At, Cell, Money, Page, ReportError, Statement, Table, Viewer, at, position, sql, streams, wire};
use crate::base::{Instant, ItemId, LogId, OfferId, PartyId, SampleId};
use crate::domain::sample::decide::allowed;
use crate::domain::sample::{Bearer, Round, SampleState, Side, rules};
use crate::domain::world::Entity;
use crate::money::Minor;

pub(super) const SQL: &[Statement] = &[sql!("samples_page"), sql!("time_now")];

/// A request for a sample in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SampleRow {
    /// Which: the requests of one holder for one item.
    #[schema(value_type = String)]
    pub sample: SampleId,
    /// Which of these requests, from 1.
    pub number: u32,
    /// Who holds it.
    #[schema(value_type = String)]
    pub holder: PartyId,
    /// Its name.
    pub holder_name: Option<String>,
    /// Who gives it.
    #[schema(value_type = String)]
    pub provider: PartyId,
    /// Of which product.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// Of which offer.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<OfferId>,
    /// What it is.
    pub name: String,
    /// How many.
    pub units: i64,
    /// requested, approved, refused, sent, received, kept, returned, billed or lost.
    pub standing: String,
    /// Set aside until it is closed.
    pub deposit: Money,
    /// What it costs when it is lost or not returned in time.
    pub loss_price: Money,
    /// What it did cost then.
    pub charged: Money,
    /// When it was asked for.
    #[schema(value_type = String)]
    pub asked_at: Instant,
    /// When it was sent.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Instant>,
    /// To be returned until here.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_by: Option<Instant>,
    /// It is out and was to be returned by now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
}

/// Samples, by id and number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SamplesView {
    /// A position they reflect at least.
    pub position: i64,
    /// Requests.
    pub samples: Vec<SampleRow>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Terms of a sample.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SampleTermsView {
    /// What the goods cost.
    pub cost: Money,
    /// Who bears it: provider, holder or book.
    #[schema(value_type = String)]
    pub cost_by: Bearer,
    /// Freight there.
    pub freight: Money,
    /// Who bears it.
    #[schema(value_type = String)]
    pub freight_by: Bearer,
    /// Who lays it out.
    #[schema(value_type = String)]
    pub freight_paid_by: Bearer,
    /// Set aside from the holder until it is closed.
    pub deposit: Money,
    /// To be returned until here; absent: it may be kept.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_by: Option<Instant>,
    /// What it costs when it is lost or not returned in time.
    pub loss_price: Money,
}

/// One request of a sample.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SampleView {
    /// The position it reflects.
    pub position: i64,
    /// As in a list.
    #[serde(flatten)]
    pub row: SampleRow,
    /// Terms that hold.
    pub terms: SampleTermsView,
    /// What for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Why it was refused, or how it was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Tracking number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking: Option<String>,
    /// What the viewer may record now, in the words of the route.
    pub allowed_actions: Vec<&'static str>,
    /// Numbers of every request of this holder for this item.
    pub requests: Vec<u32>,
}

/// The book's rule on repeats.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SampleRulesView {
    /// The position it reflects.
    pub position: i64,
    /// A request within so many days of an earlier one of the same holder and item is refused; absent: repeats are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_days: Option<u32>,
    /// Every rule that was set, in order of its start.
    pub rules: Vec<SampleRuleView>,
}

/// A rule on repeats.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SampleRuleView {
    /// From here on.
    #[schema(value_type = String)]
    pub from: Instant,
    /// Days; absent: repeats are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_days: Option<u32>,
}

/// Which samples.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SampleFilter {
    /// Of this party, as holder or provider.
    pub party: Option<PartyId>,
    /// Of this holder.
    pub holder: Option<PartyId>,
    /// Of this provider.
    pub provider: Option<PartyId>,
    /// In this standing.
    pub standing: Option<&'static str>,
    /// With the holder, or on their way there.
    pub out: bool,
}

/// Samples a page at a time. The viewer has been found to see what the filter names.
pub async fn samples(
    client: &Client,
    log: LogId,
    filter: &SampleFilter,
    page: &Page,
) -> Result<SamplesView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let (after, number) = match page.parts::<2>()? {
        Some([after, number]) => (part::<SampleId>(after)?.0, part::<i32>(number)?),
        None => (Uuid::nil(), 0),
    };
    let now = now(client, log, position).await?;
    let of = |party: Option<PartyId>| party.map(PartyId::uuid);
    let (party, holder, provider) = (of(filter.party), of(filter.holder), of(filter.provider));
    let sql = include_str!("sql/samples_page.sql");
    let mut rows = client
        .query(
            sql,
            &[
                &log.0,
                &after,
                &number,
                &page.fetch(),
                &party,
                &holder,
                &provider,
                &filter.standing,
                &filter.out,
                &None::<Uuid>,
            ],
        )
        .await?;
    let more = page.cut(&mut rows);
    let samples: Vec<SampleRow> = rows.iter().map(|found| row(found, now)).collect::<Result<_, _>>()?;
    let next = samples.last().filter(|_| more);
    let next = next.map(|last| format!("{}~{}", last.sample, last.number));
    Ok(SamplesView {
        position,
        samples,
        next,
    })
}

/// The book's time: that of a sandbox's clock, else the time of asking.
async fn now(client: &Client, log: LogId, position: i64) -> Result<Instant, ReportError> {
    let book = streams::book(client, log, position).await?;
    let clock = at::clock(client, log, &book).await?.map(Instant::utc);
    let row = client.query_one(include_str!("sql/time_now.sql"), &[&clock]).await?;
    Ok(Instant::from_utc(row.get(0)))
}

fn row(row: &Row, now: Instant) -> Result<SampleRow, ReportError> {
    let currency = wire::currency(row.get(10))?;
    let money = |at: usize| Money::of(Minor(row.get(at)), currency);
    let standing: String = row.get(9);
    let return_by = row.get::<_, Option<_>>(16).map(Instant::from_utc);
    let out = matches!(standing.as_str(), "sent" | "received");
    Ok(SampleRow {
        sample: SampleId(row.get(0)),
        number: u32::try_from(row.get::<_, i32>(1)).map_err(|_| ReportError::Stored("number"))?,
        holder: wire::party(row.get(2))?,
        holder_name: row.get(3),
        provider: wire::party(row.get(4))?,
        item: row.get::<_, Option<Uuid>>(5).map(ItemId),
        offer: row.get::<_, Option<Uuid>>(6).map(OfferId),
        name: row.get(7),
        units: row.get(8),
        standing,
        deposit: money(11),
        loss_price: money(12),
        charged: money(13),
        asked_at: Instant::from_utc(row.get(14)),
        sent_at: row.get::<_, Option<_>>(15).map(Instant::from_utc),
        return_by,
        overdue: out && return_by.is_some_and(|by| by <= now),
    })
}

/// The requests of a stream as of a position.
async fn folded(client: &Client, log: LogId, id: SampleId, position: i64) -> Result<SampleState, ReportError> {
    let events = streams::events(client, log, id.into(), position).await?;
    match streams::fold(&events) {
        Some(Entity::Sample(state)) => Ok(SampleState::clone(&state)),
        _ => Err(ReportError::NotFound),
    }
}

/// Holder and provider of a request; the last one when no number is named.
pub async fn sample_sides(client: &Client, log: LogId, id: SampleId) -> Result<(PartyId, PartyId), ReportError> {
    let position = position(client, log, At::Now).await?;
    let state = folded(client, log, id, position).await?;
    let round = state.rounds.last().ok_or(ReportError::NotFound)?;
    Ok((round.asked.holder, round.asked.provider))
}

/// One request as of a position. The viewer has been found to be concerned by it.
pub async fn sample(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (id, number): (SampleId, Option<u32>),
    at: At,
) -> Result<SampleView, ReportError> {
    let position = position(client, log, at).await?;
    let state = folded(client, log, id, position).await?;
    let round = state.round(number).ok_or(ReportError::NotFound)?;
    let now = now(client, log, position).await?;
    let side = match viewer {
        Viewer::All => Side::Book,
        Viewer::Party(party) if party == round.asked.provider => Side::Provider,
        Viewer::Party(_) => Side::Holder,
    };
    let terms = &round.terms;
    let money = |amount: Minor| Money::of(amount, terms.currency);
    Ok(SampleView {
        position,
        row: standing(id, round, now),
        terms: SampleTermsView {
            cost: money(terms.cost),
            cost_by: terms.cost_by,
            freight: money(terms.freight),
            freight_by: terms.freight_by,
            freight_paid_by: terms.freight_paid_by,
            deposit: money(terms.deposit),
            return_by: terms.return_by,
            loss_price: money(terms.loss_price),
        },
        note: round.asked.note.clone(),
        reason: round.reason.clone(),
        tracking: round.tracking.clone(),
        allowed_actions: allowed(round, side, now),
        requests: state.rounds.iter().map(|round| round.asked.number).collect(),
    })
}

fn standing(id: SampleId, round: &Round, now: Instant) -> SampleRow {
    let (asked, terms) = (&round.asked, &round.terms);
    let money = |amount: Minor| Money::of(amount, terms.currency);
    SampleRow {
        sample: id,
        number: asked.number,
        holder: asked.holder,
        holder_name: None,
        provider: asked.provider,
        item: asked.item,
        offer: asked.offer,
        name: asked.name.clone(),
        units: i64::from(asked.units),
        standing: round.standing.word().to_owned(),
        deposit: money(terms.deposit),
        loss_price: money(terms.loss_price),
        charged: money(round.charged),
        asked_at: round.at,
        sent_at: round.sent_at,
        return_by: terms.return_by,
        overdue: round.standing.is_out() && terms.return_by.is_some_and(|by| by <= now),
    }
}

/// The book's rule on repeats.
pub async fn sample_rules(
    client: &Client,
    log: LogId,
    book: crate::base::BookId,
) -> Result<SampleRulesView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let state = match folded(client, log, rules(book), position).await {
        Ok(state) => state,
        Err(ReportError::NotFound) => SampleState::default(),
        Err(error) => return Err(error),
    };
    let now = now(client, log, position).await?;
    let each = state.rules.iter().map(|(from, days)| SampleRuleView {
        from: *from,
        repeat_days: *days,
    });
    Ok(SampleRulesView {
        position,
        repeat_days: state.repeat_days(now),
        rules: each.collect(),
    })
}

impl SamplesView {
    /// As a table.
    pub fn table(&self) -> Table {
        let title = format!("Samples 样品 at position {}", self.position);
        let columns = [
            "sample",
            "number",
            "holder",
            "name",
            "provider",
            "what",
            "units",
            "standing",
            "currency",
            "deposit",
            "loss_price",
            "charged",
            "return_by",
            "overdue",
        ];
        let mut table = Table::new(title, &columns);
        for row in &self.samples {
            table.push([
                row.sample.to_string().into(),
                i64::from(row.number).into(),
                row.holder.to_string().into(),
                row.holder_name.clone().into(),
                row.provider.to_string().into(),
                row.name.clone().into(),
                row.units.into(),
                row.standing.clone().into(),
                row.deposit.currency.clone().into(),
                Cell::from(&row.deposit),
                Cell::from(&row.loss_price),
                Cell::from(&row.charged),
                row.return_by.map(|by| by.to_string()).into(),
                if row.overdue { "overdue".into() } else { Cell::Empty },
            ]);
        }
        table
    }
}
