//! What a party keeps of the pool: saved selections with their entries as they stand, watches with what changed, and one
//! entry joined with what the party itself sold of it.
//! Must never show what others sold but as ranges over at least five of them (decision C3).

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::pool::{PoolEntryView, view};
use super::streams::{Stored, stored};
use super::{At, Money, Page, ReportError, Statement, Viewer, position, sql, streams, wire};
use crate::base::{Instant, LogId, PartyId, PartyKind, SelectionId, ShopId, WatchId};
use crate::domain::pool::Target;
use crate::domain::watch::{Seen, WatchOf, WatchState};
use crate::domain::world::Entity;
use crate::money::Minor;

pub(super) const SQL: &[Statement] = &[
    sql!("pool_entries"),
    sql!("selections_page"),
    sql!("watches_page"),
    sql!("pool_sold"),
];

/// Fewest other parties over which a range is told.
const FEWEST: usize = 5;
/// Lines of an item that figures are reckoned from, latest first.
const MOST_LINES: i64 = 2_000;

/// An entry of the pool with whether it is shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct KeptEntryView {
    /// As the pool shows it.
    #[serde(flatten)]
    pub entry: PoolEntryView,
    /// It is in the pool now.
    pub listed: bool,
}

/// A saved selection.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SelectionView {
    /// Which.
    #[schema(value_type = String)]
    pub selection: SelectionId,
    /// Name.
    pub name: String,
    /// A search that it keeps, as its query string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Ids, in the order of their owner.
    pub entries: Vec<String>,
    /// The entries as they stand; for one selection.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<KeptEntryView>,
}

/// Saved selections, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SelectionsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Selections.
    pub selections: Vec<SelectionView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Figures of an entry as they were seen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SeenView {
    /// What a buyer pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// Units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<u64>,
    /// What anybody earns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
    /// It is in the pool.
    pub listed: bool,
}

/// A watch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct WatchView {
    /// Which.
    #[schema(value_type = String)]
    pub watch: WatchId,
    /// The product or offer.
    pub entry: String,
    /// What is watched: price, stock, rate; leaving the pool always.
    pub of: Vec<&'static str>,
    /// As it stood when the watch was set.
    pub set: SeenView,
    /// As it was seen last.
    pub seen: SeenView,
    /// What is watched and stands otherwise than when the watch was set.
    pub changed: Vec<&'static str>,
    /// When it fired last.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fired_at: Option<Instant>,
    /// How often it fired since it was set.
    pub fired: usize,
}

/// Watches, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct WatchesView {
    /// A position they reflect at least.
    pub position: i64,
    /// Watches.
    pub watches: Vec<WatchView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What a party sold of an item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct MySalesView {
    /// Lines.
    pub lines: i64,
    /// Lines with goods refunded.
    pub refunded_lines: i64,
    /// These of those, a decimal fraction.
    pub refund_rate: String,
    /// Goods paid.
    pub paid: Money,
    /// What the party earned on them, estimated and settled together.
    pub earned: Money,
}

/// The lowest and highest figure among other parties.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OthersView {
    /// How many other parties: at least five.
    pub parties: usize,
    /// Share of lines refunded.
    pub refund_rate: [String; 2],
    /// Earned of goods paid.
    pub earned_rate: [String; 2],
}

/// An entry joined with what a party knows of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PoolItemView {
    /// The position it reflects at least.
    pub position: i64,
    /// As the pool shows it.
    #[serde(flatten)]
    pub entry: PoolEntryView,
    /// It is in the pool now.
    pub listed: bool,
    /// What the party itself sold of it, by currency, over the latest 2,000 lines of the product.
    pub mine: Vec<MySalesView>,
    /// What others did with it, over at least five of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others: Option<OthersView>,
    /// Its shop; not shown.
    #[serde(skip)]
    pub shop: Option<ShopId>,
}

async fn entries(client: &Client, log: LogId, ids: &[Uuid]) -> Result<Vec<(Uuid, KeptEntryView)>, ReportError> {
    let rows = client
        .query(include_str!("sql/pool_entries.sql"), &[&log.0, &ids])
        .await?;
    let read = |row: &Row| {
        let entry = KeptEntryView {
            entry: view(row)?,
            listed: row.get("listed"),
        };
        Ok((row.get("entry"), entry))
    };
    rows.iter().map(read).collect()
}

fn selection_row(row: &Row) -> SelectionView {
    let entries: String = row.get(2);
    SelectionView {
        selection: SelectionId(row.get(0)),
        name: row.get(1),
        query: row.get(3),
        entries: entries.split_whitespace().map(str::to_owned).collect(),
        shown: Vec::new(),
    }
}

/// Saved selections of the viewer a page at a time; for a viewer of everything those of the book itself.
pub async fn selections(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    page: &Page,
) -> Result<SelectionsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<SelectionId>(after)?.0,
        None => Uuid::nil(),
    };
    let party = viewer.party().map(PartyId::uuid);
    let sql = include_str!("sql/selections_page.sql");
    let none = None::<Uuid>;
    let mut rows = client
        .query(sql, &[&log.0, &after, &page.fetch(), &party, &none])
        .await?;
    let more = page.cut(&mut rows);
    let selections: Vec<SelectionView> = rows.iter().map(selection_row).collect();
    let next = selections
        .last()
        .filter(|_| more)
        .map(|last| last.selection.to_string());
    Ok(SelectionsView {
        position,
        selections,
        next,
    })
}

/// One selection of the viewer with its entries as they stand. A brand's or supplier's entry that left the pool is kept.
pub async fn selection(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    id: SelectionId,
) -> Result<SelectionView, ReportError> {
    let party = viewer.party().map(PartyId::uuid);
    let sql = include_str!("sql/selections_page.sql");
    let row = client
        .query_opt(sql, &[&log.0, &Uuid::nil(), &1_i64, &party, &Some(id.0)])
        .await?;
    let mut found = selection_row(&row.ok_or(ReportError::NotFound)?);
    let targets = found.entries.iter().filter_map(|text| text.parse::<Target>().ok());
    let ids: Vec<Uuid> = targets.map(Target::uuid).collect();
    let mut known: std::collections::HashMap<_, _> = entries(client, log, &ids).await?.into_iter().collect();
    found.shown = ids.iter().filter_map(|id| known.remove(id)).collect();
    Ok(found)
}

fn seen_view(seen: &Seen) -> SeenView {
    SeenView {
        price: seen.price.map(|price| Money::of(price, seen.currency)),
        stock: seen.stock,
        rate: seen.rate.map(|rate| rate.to_string()),
        listed: seen.listed,
    }
}

fn watch_view(events: &[Stored]) -> Option<WatchView> {
    let Some(Entity::Watch(state)) = streams::fold(events) else {
        return None;
    };
    let state: &WatchState = &state;
    let (set, seen) = (state.set.as_ref()?, state.seen.as_ref()?);
    let since = events.iter().rposition(|event| event.kind == "watch.set")?;
    let fired = || events.iter().skip(since).filter(|event| event.kind == "watch.fired");
    let watched = |of: &WatchOf| *of == WatchOf::Listed || set.of.contains(of);
    Some(WatchView {
        watch: set.watch,
        entry: set.target.to_string(),
        of: set.of.iter().map(|of| of.word()).collect(),
        changed: set
            .seen
            .differs(seen)
            .iter()
            .filter(|of| watched(of))
            .map(|of| of.word())
            .collect(),
        set: seen_view(&set.seen),
        seen: seen_view(seen),
        fired_at: fired().next_back().map(|event| event.placed.recorded_at),
        fired: fired().count(),
    })
}

/// Watches of the viewer a page at a time; for a viewer of everything those of the book itself.
pub async fn watches(client: &Client, log: LogId, viewer: Viewer, page: &Page) -> Result<WatchesView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<WatchId>(after)?.0,
        None => Uuid::nil(),
    };
    let party = viewer.party().map(PartyId::uuid);
    let sql = include_str!("sql/watches_page.sql");
    let rows = client.query(sql, &[&log.0, &after, &page.fetch(), &party]).await?;
    let mut groups: Vec<Vec<Stored>> = Vec::new();
    for row in &rows {
        let event = stored(log, row, 0)?;
        match groups.last_mut() {
            Some(group) if group.first().is_some_and(|first| first.stream == event.stream) => group.push(event),
            _ => groups.push(vec![event]),
        }
    }
    let more = page.cut(&mut groups);
    let watches: Vec<WatchView> = groups.iter().filter_map(|events| watch_view(events)).collect();
    let next = watches.last().filter(|_| more).map(|last| last.watch.to_string());
    Ok(WatchesView {
        position,
        watches,
        next,
    })
}

/// A share as a decimal fraction of three digits, half-up.
fn share(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "0.000".to_owned();
    }
    let thousandths = (i128::from(part) * 2_000 + i128::from(whole)).div_euclid(2 * i128::from(whole));
    let sign = if thousandths < 0 { "-" } else { "" };
    let thousandths = thousandths.unsigned_abs();
    format!("{sign}{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}

struct Sold {
    promoter: Uuid,
    lines: i64,
    refunded: i64,
    paid: i64,
    earned: i64,
    currency: String,
}

/// One entry for a viewer, joined with what a party sold of it. A brand and a supplier see their own entries only, and what
/// others sold of them only as ranges too.
pub async fn pool_item(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    party: Option<PartyId>,
    target: Target,
) -> Result<PoolItemView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let rows = client
        .query(include_str!("sql/pool_entries.sql"), &[&log.0, &vec![target.uuid()]])
        .await?;
    let row = rows.first().ok_or(ReportError::NotFound)?;
    let (entry, listed): (PoolEntryView, bool) = (view(row)?, row.get("listed"));
    let own = viewer.party();
    let sells = own.filter(|own| matches!(own.kind(), PartyKind::Brand | PartyKind::Supplier));
    if sells.is_some_and(|own| entry.owner != Some(own)) {
        return Err(ReportError::NotFound);
    }
    // What left the pool is for its owner and the book.
    if !listed && own.is_some() && sells.is_none() {
        return Err(ReportError::NotFound);
    }
    let sql = include_str!("sql/pool_sold.sql");
    let sold = client.query(sql, &[&log.0, &target.uuid(), &MOST_LINES]).await?;
    let sold: Vec<Sold> = sold
        .iter()
        .map(|row| Sold {
            promoter: row.get(0),
            lines: row.get(1),
            refunded: row.get(2),
            paid: row.get(3),
            earned: row.get(4),
            currency: row.get(5),
        })
        .collect();
    let me = party.map(PartyId::uuid);
    let mine = sold.iter().filter(|one| Some(one.promoter) == me).map(sold_view);
    Ok(PoolItemView {
        position,
        listed,
        mine: mine.collect::<Result<_, _>>()?,
        others: others(&sold, me, entry.price.as_ref().map(|price| price.currency.as_str())),
        shop: row.get::<_, Option<Uuid>>("shop").map(ShopId),
        entry,
    })
}

fn sold_view(one: &Sold) -> Result<MySalesView, ReportError> {
    let currency = wire::currency(&one.currency)?;
    Ok(MySalesView {
        lines: one.lines,
        refunded_lines: one.refunded,
        refund_rate: share(one.refunded, one.lines),
        paid: Money::of(Minor(one.paid), currency),
        earned: Money::of(Minor(one.earned), currency),
    })
}

/// INVARIANT: figures of fewer than five others are not told (decision C3).
fn others(sold: &[Sold], me: Option<Uuid>, currency: Option<&str>) -> Option<OthersView> {
    let others: Vec<&Sold> = sold
        .iter()
        .filter(|one| Some(one.promoter) != me && Some(one.currency.as_str()) == currency)
        .collect();
    if others.len() < FEWEST {
        return None;
    }
    // Shares are compared as fractions, so that a range is not widened by rounding.
    let range = |of: fn(&Sold) -> (i64, i64)| {
        let mut all: Vec<(i64, i64)> = others
            .iter()
            .map(|one| of(one))
            .filter(|(_, whole)| *whole > 0)
            .collect();
        all.sort_by(|a, b| (i128::from(a.0) * i128::from(b.1)).cmp(&(i128::from(b.0) * i128::from(a.1))));
        let text = |one: Option<&(i64, i64)>| one.map_or_else(|| share(0, 0), |(part, whole)| share(*part, *whole));
        [text(all.first()), text(all.last())]
    };
    Some(OthersView {
        parties: others.len(),
        refund_rate: range(|one| (one.refunded, one.lines)),
        earned_rate: range(|one| (one.earned, one.paid)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(n: u128, refunded: i64) -> Sold {
        Sold {
            promoter: Uuid::from_u128(n),
            lines: 10,
            refunded,
            paid: 1_000,
            earned: 200,
            currency: "CNY".to_owned(),
        }
    }

    #[test]
    fn figures_of_others_are_ranges_over_at_least_five_of_them() {
        let all: Vec<Sold> = (1..=6).map(|n| one(n, i64::try_from(n).unwrap())).collect();
        let me = Some(Uuid::from_u128(6));
        let told = others(&all, me, Some("CNY")).unwrap();
        assert_eq!(
            (told.parties, told.refund_rate),
            (5, ["0.100".to_owned(), "0.500".to_owned()])
        );
        assert_eq!(others(&all[..5], Some(Uuid::from_u128(5)), Some("CNY")), None);
        assert_eq!(others(&all, me, Some("USD")), None);
    }

    #[test]
    fn a_share_is_rounded_half_up() {
        assert_eq!(share(1, 3), "0.333");
        assert_eq!(share(1, 2_000), "0.001");
        assert_eq!(share(0, 0), "0.000");
    }
}
