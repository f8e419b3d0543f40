//! Anchors for a brief, best first, with what the ledger knows of each and where that comes from.
//! Must never show a brand a figure of an anchor to the digit, unless the anchor published it: only the range over at least
//! five parties in which it lies, or nothing (decision C3). The book sees every figure as it is.

mod rank;
mod view;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

pub use view::{MatchRules, MatchView, MatchesView};

use super::page::part;
use super::{Page, ReportError, Statement, Viewer, at, briefs, head, sql, streams, wire};
use crate::base::{BriefId, Instant, LogId, Month, PartyId, PartyKind, Zone};
use crate::domain::brief::{BriefState, BriefTerms};
use crate::domain::party::Card;
use crate::domain::world::Entity;
use crate::store::rows::band_of;
use rank::{Contender, Counted, Place, Spreads, draw, order};

pub(super) const SQL: &[Statement] = &[sql!("matches")];

/// Months that are looked back on unless told otherwise, the running one included.
pub const MONTHS: u32 = 12;
/// Most of them.
pub const MOST_MONTHS: u32 = 36;

/// An anchor with what is known of it.
struct Known {
    anchor: PartyId,
    name: String,
    card: Card,
    counted: Counted,
    /// What it asks for this brief.
    asked: Option<view::Asked>,
    member: bool,
}

/// What was asked for.
struct Ask<'a> {
    brief: &'a BriefState,
    terms: &'a BriefTerms,
    from: Month,
    to: Month,
    bands: Vec<i16>,
    now: Instant,
}

/// Anchors for a brief. Only its brand and the book may ask; for others there is no such brief.
pub async fn matches(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    brief: &str,
    months: u32,
    page: &Page,
) -> Result<MatchesView, ReportError> {
    let (id, position, state, clock) = stands(client, log, viewer, brief).await?;
    let ask = ask(&state, viewer, clock, months)?;
    let all = known(client, log, &ask).await?;
    let spreads = Spreads::of(all.iter().map(|one| &one.counted));
    let with_segment = ask.terms.filters.segment.is_some();
    let fits: Vec<&Known> = all.iter().filter(|one| fits(one, ask.terms)).collect();
    let contender = |one: &&Known| Contender {
        anchor: one.anchor,
        score: spreads.score(&one.counted, with_segment),
        draw: one.counted.is_newcomer().then(|| draw(id, one.anchor)),
    };
    let contenders: Vec<Contender> = fits.iter().map(contender).collect();
    let after = cursor(page, id, &contenders)?;
    let most = usize::try_from(page.fetch()).unwrap_or(usize::MAX);
    let mut places = order(&contenders, after.as_ref(), most);
    let next = page.cut(&mut places).then(|| places.last().map(text)).flatten();
    let by_id: HashMap<PartyId, &Known> = fits.iter().map(|one| (one.anchor, *one)).collect();
    let shown = |place: &Place| {
        let one = by_id.get(&place.anchor)?;
        Some(view::one(&ask, viewer, one, place, &spreads))
    };
    Ok(MatchesView {
        position,
        brief: id,
        anchors: fits.len(),
        category: ask.terms.category.clone(),
        currency: ask.terms.terms.currency.code().to_owned(),
        price_bands: view::bands(&ask.bands),
        from_month: ask.from,
        to_month: ask.to,
        rules: MatchRules::default(),
        matches: places.iter().filter_map(shown).collect(),
        next,
    })
}

/// The brief as it stands, with the book's zone and time.
async fn stands(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    brief: &str,
) -> Result<(BriefId, i64, Arc<BriefState>, (Zone, Instant)), ReportError> {
    let id = briefs::brief_named(client, log, viewer, brief).await?;
    let stands = head(client, log).await?;
    let book = streams::book(client, log, stands.position).await?;
    let now = at::clock(client, log, &book).await?.unwrap_or(stands.recorded_at);
    let events = streams::events(client, log, id.into(), stands.position).await?;
    match streams::fold(&events) {
        Some(Entity::Brief(state)) => Ok((id, stands.position, state, (book.opened.zone, now))),
        _ => Err(ReportError::NotFound),
    }
}

/// The statement behind `matches` alone: how many rows it gives, and its plan. What the whole costs is measured against it.
pub async fn match_statement(
    client: &Client,
    log: LogId,
    brief: &str,
    explain: bool,
) -> Result<(u64, String), ReportError> {
    let (_, _, state, clock) = stands(client, log, Viewer::All, brief).await?;
    let ask = ask(&state, Viewer::All, clock, MONTHS)?;
    let looking = Looking::of(log, &ask);
    let sql = include_str!("../sql/matches.sql");
    if !explain {
        return Ok((client.execute(sql, &looking.parameters()).await?, String::new()));
    }
    let rows = client
        .query(&format!("explain (costs off) {sql}"), &looking.parameters())
        .await?;
    let lines: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    Ok((0, lines.join("\n")))
}

fn ask<'a>(
    state: &'a BriefState,
    viewer: Viewer,
    (zone, now): (Zone, Instant),
    months: u32,
) -> Result<Ask<'a>, ReportError> {
    let (Some(drafted), Some(terms)) = (state.drafted.as_deref(), state.terms.as_deref()) else {
        return Err(ReportError::NotFound);
    };
    if !viewer.sees(drafted.brand) {
        return Err(ReportError::NotFound);
    }
    let to = zone.month(now);
    let from = (1..months.clamp(1, MOST_MONTHS)).fold(to, |month, _| month.previous());
    let currency = terms.terms.currency;
    let prices = terms.products.iter().filter_map(|product| product.list_price);
    let mut bands: Vec<i16> = prices.map(|price| band_of(price, currency)).collect();
    bands.sort_unstable();
    bands.dedup();
    if bands.is_empty() {
        bands = view::ALL_BANDS.collect();
    }
    Ok(Ask {
        brief: state,
        terms,
        from,
        to,
        bands,
        now,
    })
}

/// The parameters of the statement.
struct Looking {
    log: Uuid,
    category: (String, String),
    months: (i32, i32),
    currency: String,
    bands: Vec<i16>,
    segment: String,
    ends: [Uuid; 2],
    agency: Option<Uuid>,
    now: DateTime<Utc>,
}

impl Looking {
    fn of(log: LogId, ask: &Ask<'_>) -> Looking {
        let terms = ask.terms;
        let category = terms.category.as_deref();
        // Without a category every one counts.
        let ends = (category.unwrap_or_default(), category.unwrap_or("\u{10ffff}"));
        Looking {
            log: log.0,
            category: (ends.0.to_owned(), ends.1.to_owned()),
            months: (ask.from.number(), ask.to.number()),
            currency: terms.terms.currency.code().to_owned(),
            bands: ask.bands.clone(),
            segment: terms.filters.segment.clone().unwrap_or_default(),
            ends: [Uuid::nil(), Uuid::max()].map(|end| PartyId::tagged(PartyKind::Anchor, end).uuid()),
            agency: terms.filters.agency.map(PartyId::uuid),
            now: ask.now.utc(),
        }
    }

    fn parameters(&self) -> [&(dyn ToSql + Sync); 12] {
        let [first, last] = &self.ends;
        [
            &self.log,
            &self.category.0,
            &self.category.1,
            &self.months.0,
            &self.months.1,
            &self.currency,
            &self.bands,
            &self.segment,
            first,
            last,
            &self.agency,
            &self.now,
        ]
    }
}

/// Every anchor that may be found: not suspended, and not hidden by itself.
async fn known(client: &Client, log: LogId, ask: &Ask<'_>) -> Result<Vec<Known>, ReportError> {
    let looking = Looking::of(log, ask);
    let parameters = looking.parameters();
    let rows = client.query_raw(include_str!("../sql/matches.sql"), parameters).await?;
    let mut rows = std::pin::pin!(rows);
    let mut all = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let anchor = wire::party(row.get(0))?;
        let card: Card = match row.get::<_, Option<&str>>(2) {
            Some(card) => serde_json::from_str(card).map_err(|_| ReportError::Stored("card"))?,
            None => Card::default(),
        };
        if !card.listed {
            continue;
        }
        let asked = view::asked(ask.brief, ask.terms, anchor, &card)?;
        all.push(Known {
            anchor,
            name: row.get(1),
            counted: Counted {
                sales: row.get(3),
                paid: row.get(4),
                refunded: row.get(5),
                told: row.get(6),
                reached: row.get(7),
                settled: row.get(8),
                punctual: row.get(9),
                late: row.get(10),
                stars: row.get(11),
                ratings: row.get(12),
                clicks: row.get(13),
                won: row.get(14),
                price: asked.as_ref().map(|asked| asked.thousandths),
            },
            asked,
            card,
            member: row.get(15),
        });
    }
    Ok(all)
}

/// Left out is whom the brief is not for by what it says of itself; what it does not say is no reason.
fn fits(one: &Known, terms: &BriefTerms) -> bool {
    let filters = &terms.filters;
    let level = filters
        .level
        .zip(one.card.level)
        .is_none_or(|(least, own)| own >= least);
    let fans = filters.fans.zip(one.card.fans).is_none_or(|(least, own)| own >= least);
    level && fans && one.member
}

/// A cursor holds the place, and who was taken last by points and by the draw: no points, which a brand does not see.
fn text(place: &Place) -> String {
    let id = |anchor: Option<PartyId>| anchor.map(|anchor| anchor.to_string()).unwrap_or_default();
    let (merit, draw) = (
        place.merit.map(|(_, anchor)| anchor),
        place.draw.map(|(_, anchor)| anchor),
    );
    format!("{}~{}~{}", place.number, id(merit), id(draw))
}

/// Points are looked up as they stand: an anchor that gained or lost some since the page before may be met again, or not.
fn cursor(page: &Page, brief: BriefId, all: &[Contender]) -> Result<Option<Place>, ReportError> {
    let Some([number, merit, drawn]) = page.parts::<3>()? else {
        return Ok(None);
    };
    let id = |text: &str| match text {
        "" => Ok(None),
        text => part::<PartyId>(text).map(Some),
    };
    let scored = |anchor: PartyId| -> Result<(i64, PartyId), ReportError> {
        let found = all.iter().find(|one| one.anchor == anchor);
        Ok((found.ok_or(ReportError::Cursor)?.score, anchor))
    };
    let merit: Option<(i64, PartyId)> = id(merit)?.map(scored).transpose()?;
    let draw = id(drawn)?.map(|anchor| (draw(brief, anchor), anchor));
    Ok(Some(Place {
        number: part(number)?,
        anchor: PartyId::tagged(PartyKind::Anchor, Uuid::nil()),
        drawn: false,
        merit,
        draw,
    }))
}
