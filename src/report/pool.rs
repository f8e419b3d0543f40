//! The pool's search: words in Chinese and Latin, filters, facets, and pages in any of its orders.
//! Must never show a figure that its owner did not publish, nor read every entry to show twenty.
//!
//! Two plans. What matches at most `CAP` entries is found by its words or filters and sorted (`pool_page`); what matches more
//! is met soon along the index of its order (`pool_walk_*`). Which of them it is the first page says, because it counts; the
//! cursor carries it on. INVARIANT: the number shown is exact up to the cap, and says so beyond it.

use serde::Serialize;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::pool_facets::{Facets, facets};
use super::{At, Money, Page, ReportError, Statement, Viewer, position, sql, wire};
use crate::base::words::{near, plain, words};
use crate::base::{LogId, PartyId, PartyKind};
use crate::domain::pool::entry::{DROPSHIP, SAMPLE, kind_word};
use crate::domain::pool::{Kind, category_word, owner_word};
use crate::money::{Currency, Minor, Rate};

pub(super) const SQL: &[Statement] = &[
    sql!("pool_found"),
    sql!("pool_page"),
    sql!("pool_letters"),
    sql!("pool_walk_commission"),
    sql!("pool_walk_rate"),
    sql!("pool_walk_sales"),
    sql!("pool_walk_price"),
    sql!("pool_walk_dearest"),
    sql!("pool_walk_score"),
];

/// Most entries that are counted and sorted.
pub const CAP: i64 = 10_000;
/// Words with wrong letters that one search forgives.
const FORGIVEN: usize = 2;
/// Entries whose words are looked at for one that was meant.
const MOST_NEAR: i64 = 5_000;
/// Words that one mistyped word may mean.
const MOST_MEANT: usize = 8;
/// Words of one search.
const MOST_WORDS: usize = 64;

/// In which order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PoolSort {
    /// The best match first: what holds the text as it was written, then more sales. Among more than the cap: more sales.
    #[default]
    Match,
    /// The largest commission a unit.
    Commission,
    /// The highest rate.
    Rate,
    /// The most sales.
    Sales,
    /// The lowest price; what has no public price is not shown.
    Price,
    /// The highest price.
    Dearest,
    /// The best score.
    Score,
}

impl PoolSort {
    /// Every order with its word.
    pub const ALL: [(&'static str, PoolSort); 7] = [
        ("match", PoolSort::Match),
        ("commission", PoolSort::Commission),
        ("rate", PoolSort::Rate),
        ("sales", PoolSort::Sales),
        ("price", PoolSort::Price),
        ("dearest", PoolSort::Dearest),
        ("score", PoolSort::Score),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        PoolSort::ALL
            .iter()
            .find(|(_, sort)| *sort == self)
            .map_or("match", |(word, _)| word)
    }

    fn walk(self) -> &'static str {
        match self {
            PoolSort::Commission => include_str!("sql/pool_walk_commission.sql"),
            PoolSort::Rate => include_str!("sql/pool_walk_rate.sql"),
            PoolSort::Match | PoolSort::Sales => include_str!("sql/pool_walk_sales.sql"),
            PoolSort::Price => include_str!("sql/pool_walk_price.sql"),
            PoolSort::Dearest => include_str!("sql/pool_walk_dearest.sql"),
            PoolSort::Score => include_str!("sql/pool_walk_score.sql"),
        }
    }
}

/// What is looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PoolAsk {
    /// Text: parts of Chinese words, whole Latin ones.
    pub text: Option<String>,
    /// Currency of amounts.
    pub currency: Currency,
    /// In any of these categories.
    pub categories: Vec<String>,
    /// Items or offers.
    pub kind: Option<Kind>,
    /// Of this brand or supplier.
    pub owner: Option<PartyId>,
    /// At least this price.
    pub price_from: Option<Minor>,
    /// At most this price.
    pub price_to: Option<Minor>,
    /// At least this rate.
    pub rate_from: Option<Rate>,
    /// At most this rate.
    pub rate_to: Option<Rate>,
    /// At least this commission a unit.
    pub commission_from: Option<Minor>,
    /// At least so many sales a month.
    pub sales_from: Option<u32>,
    /// At most this share refunded, where it is published.
    pub refund_rate_to: Option<Rate>,
    /// At least this score, in thousandths.
    pub score_from: Option<u16>,
    /// A least quantity of at most this.
    pub min_order_to: Option<u32>,
    /// Dispatched within so many hours.
    pub ships_within: Option<u16>,
    /// Sent one by one.
    pub dropship: bool,
    /// With samples.
    pub sample: bool,
    /// In which order.
    pub sort: PoolSort,
}

impl PoolAsk {
    /// Everything of a currency.
    pub fn all(currency: Currency) -> PoolAsk {
        PoolAsk {
            text: None,
            currency,
            categories: Vec::new(),
            kind: None,
            owner: None,
            price_from: None,
            price_to: None,
            rate_from: None,
            rate_to: None,
            commission_from: None,
            sales_from: None,
            refund_rate_to: None,
            score_from: None,
            min_order_to: None,
            ships_within: None,
            dropship: false,
            sample: false,
            sort: PoolSort::Match,
        }
    }
}

/// An entry of the pool.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PoolEntryView {
    /// The product (`itm_`) or offer (`off_`).
    pub entry: String,
    /// `item` or `offer`.
    pub source: String,
    /// The brand or supplier.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<PartyId>,
    /// Title.
    pub title: String,
    /// Category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What a buyer pays, after the coupon that its owner published; none: private.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// What anybody earns today; none: only those named do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
    /// Commission, or mark-up, of a unit before fees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commission: Option<Money>,
    /// What fees, expected refunds and freight leave of it: the true margin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<Money>,
    /// Units a month, as published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sales: Option<i64>,
    /// Share refunded, as published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_rate: Option<String>,
    /// Score of shop or supplier, as published or reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<String>,
    /// Least quantity.
    pub min_order: i64,
    /// Hours until dispatch, as promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ships_within: Option<i32>,
    /// Sent one by one 一件代发.
    pub dropship: bool,
    /// Samples may be asked for.
    pub sample: bool,
    /// Units that may be sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<i64>,
}

/// A page of the pool.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PoolView {
    /// A position it reflects at least.
    pub position: i64,
    /// How many match, and how they spread; on the first page.
    #[serde(flatten)]
    pub found: Option<Facets>,
    /// Nothing held the words as they were written: entries hold words that may be meant.
    pub forgiven: bool,
    /// These words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub meant: Vec<String>,
    /// Entries.
    pub entries: Vec<PoolEntryView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The sixteen parameters of every search statement.
pub(super) struct PoolTerms {
    log: Uuid,
    currency: String,
    must: Vec<String>,
    any: Vec<String>,
    meant: [Vec<String>; FORGIVEN],
    amounts: [Option<i64>; 5],
    numbers: [Option<i32>; 5],
}

impl PoolTerms {
    /// The terms of a question. A brand and a supplier see their own.
    fn of(log: LogId, viewer: Viewer, ask: &PoolAsk) -> PoolTerms {
        let mut must = ask.text.as_deref().map(|text| words(text).exact).unwrap_or_default();
        must.truncate(MOST_WORDS);
        must.extend(ask.kind.map(|kind| kind_word(kind).to_owned()));
        must.extend(ask.owner.map(owner_word));
        let own = viewer
            .party()
            .filter(|party| matches!(party.kind(), PartyKind::Brand | PartyKind::Supplier));
        must.extend(own.map(owner_word));
        must.extend(ask.dropship.then(|| DROPSHIP.to_owned()));
        must.extend(ask.sample.then(|| SAMPLE.to_owned()));
        let ppm = |rate: Option<Rate>| rate.map(|rate| i32::try_from(rate.ppm()).unwrap_or(i32::MAX));
        let minor = |amount: Option<Minor>| amount.map(|amount| amount.0);
        PoolTerms {
            log: log.0,
            currency: ask.currency.code().to_owned(),
            must,
            any: ask.categories.iter().map(|category| category_word(category)).collect(),
            meant: [Vec::new(), Vec::new()],
            amounts: [
                minor(ask.price_from),
                minor(ask.price_to),
                minor(ask.commission_from),
                ask.sales_from.map(i64::from),
                ask.min_order_to.map(i64::from),
            ],
            numbers: [
                ppm(ask.rate_from),
                ppm(ask.rate_to),
                ppm(ask.refund_rate_to),
                ask.score_from.map(i32::from),
                ask.ships_within.map(i32::from),
            ],
        }
    }

    /// The same with words that may be meant in place of mistyped Latin ones; none when there is nothing to forgive.
    async fn forgiving(mut self, client: &Client, ask: &PoolAsk) -> Result<Option<PoolTerms>, ReportError> {
        let latin = ask.text.as_deref().map(|text| words(text).latin).unwrap_or_default();
        if latin.is_empty() || latin.len() > FORGIVEN {
            return Ok(None);
        }
        self.must.retain(|word| !latin.contains(word));
        for (asked, meant) in latin.iter().zip(&mut self.meant) {
            let sql = include_str!("sql/pool_letters.sql");
            let rows = client.query(sql, &[&self.log, asked, &MOST_NEAR]).await?;
            let found = rows.iter().map(|row| row.get::<_, String>(0));
            *meant = found.filter(|word| near(asked, word)).take(MOST_MEANT).collect();
            if meant.is_empty() {
                return Ok(None);
            }
        }
        Ok(Some(self))
    }

    /// With words as patterns of a whole word, for a walk.
    fn patterns(&self) -> PoolTerms {
        let all = |words: &[String]| words.iter().map(|word| format!("% {word} %")).collect();
        let [first, second] = &self.meant;
        PoolTerms {
            log: self.log,
            currency: self.currency.clone(),
            must: all(&self.must),
            any: all(&self.any),
            meant: [all(first), all(second)],
            amounts: self.amounts,
            numbers: self.numbers,
        }
    }

    /// In the order of the statements.
    fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        let [price_from, price_to, commission_from, sales_from, min_order_to] = &self.amounts;
        let [rate_from, rate_to, refund_rate_to, score_from, ships_within] = &self.numbers;
        let [first, second] = &self.meant;
        vec![
            &self.log,
            &self.currency,
            &self.must,
            &self.any,
            first,
            second,
            price_from,
            price_to,
            rate_from,
            rate_to,
            commission_from,
            sales_from,
            refund_rate_to,
            score_from,
            min_order_to,
            ships_within,
        ]
    }
}

/// Where a page begins, and how it is found.
struct Cursor {
    walks: bool,
    forgives: bool,
    key: i64,
    entry: Uuid,
}

impl Cursor {
    fn read(page: &Page, sort: PoolSort) -> Result<Option<Cursor>, ReportError> {
        let Some([plan, order, key, entry]) = page.parts::<4>()? else {
            return Ok(None);
        };
        let (walks, forgives) = match plan {
            "w" => (true, false),
            "p" => (false, false),
            "wf" => (true, true),
            "pf" => (false, true),
            _ => return Err(ReportError::Cursor),
        };
        if order != sort.word() {
            return Err(ReportError::Cursor);
        }
        Ok(Some(Cursor {
            walks,
            forgives,
            key: part(key)?,
            entry: part(entry)?,
        }))
    }

    fn text(walks: bool, forgives: bool, sort: PoolSort, row: &Row) -> String {
        let (key, entry): (i64, Uuid) = (row.get("key"), row.get("entry"));
        let plan = match (walks, forgives) {
            (true, false) => "w",
            (false, false) => "p",
            (true, true) => "wf",
            (false, true) => "pf",
        };
        format!("{plan}~{}~{key}~{entry}", sort.word())
    }
}

/// A page of the pool.
pub async fn pool(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    ask: &PoolAsk,
    page: &Page,
) -> Result<PoolView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let cursor = Cursor::read(page, ask.sort)?;
    let mut terms = PoolTerms::of(log, viewer, ask);
    let (mut found, mut forgiven) = (None, false);
    let walks = match &cursor {
        Some(cursor) => {
            forgiven = cursor.forgives;
            if forgiven {
                terms = terms.forgiving(client, ask).await?.ok_or(ReportError::Cursor)?;
            }
            cursor.walks
        }
        None => {
            let mut counted = count(client, &terms, ask.currency).await?;
            if counted.is_empty()
                && let Some(forgiving) = PoolTerms::of(log, viewer, ask).forgiving(client, ask).await?
            {
                counted = count(client, &forgiving, ask.currency).await?;
                (terms, forgiven) = (forgiving, true);
            }
            let walks = counted.is_capped();
            found = Some(counted);
            walks
        }
    };
    let mut rows = fetch(client, &terms, ask, (walks, cursor.as_ref()), page.fetch()).await?;
    let more = page.cut(&mut rows);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|row| Cursor::text(walks, forgiven, ask.sort, row));
    let entries = rows.iter().map(view).collect::<Result<_, _>>()?;
    Ok(PoolView {
        position,
        found,
        forgiven,
        meant: terms.meant.concat(),
        entries,
        next,
    })
}

async fn count(client: &Client, terms: &PoolTerms, currency: Currency) -> Result<Facets, ReportError> {
    let mut params = terms.params();
    let limit = CAP + 1;
    params.push(&limit);
    facets(
        &client.query(include_str!("sql/pool_found.sql"), &params).await?,
        currency,
    )
}

async fn fetch(
    client: &Client,
    terms: &PoolTerms,
    ask: &PoolAsk,
    (walks, cursor): (bool, Option<&Cursor>),
    fetch: i64,
) -> Result<Vec<Row>, ReportError> {
    let (key, entry) = (cursor.map(|cursor| cursor.key), cursor.map(|cursor| cursor.entry));
    if walks {
        let patterns = terms.patterns();
        let mut params = patterns.params();
        params.extend::<[&(dyn ToSql + Sync); 3]>([&key, &entry, &fetch]);
        return Ok(client.query(ask.sort.walk(), &params).await?);
    }
    let mut params = terms.params();
    let (limit, sort) = (CAP + 1, ask.sort.word());
    let phrase = phrase(ask);
    params.extend::<[&(dyn ToSql + Sync); 6]>([&limit, &sort, &phrase, &key, &entry, &fetch]);
    Ok(client.query(include_str!("sql/pool_page.sql"), &params).await?)
}

/// The plans of the statements of a first page, as the database makes them; `run` measures them too.
pub async fn pool_plans(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    ask: &PoolAsk,
    run: bool,
) -> Result<Vec<String>, ReportError> {
    let view = pool(client, log, viewer, ask, &Page::first(50)).await?;
    let mut terms = PoolTerms::of(log, viewer, ask);
    let mut statements: Vec<(&str, Vec<&(dyn ToSql + Sync)>)> = Vec::new();
    let latin = ask.text.as_deref().map(|text| words(text).latin).unwrap_or_default();
    let own = log.0;
    if view.forgiven {
        terms = terms.forgiving(client, ask).await?.ok_or(ReportError::NotFound)?;
        for word in &latin {
            statements.push((include_str!("sql/pool_letters.sql"), vec![&own, word, &MOST_NEAR]));
        }
    }
    let (limit, page, none, no_entry) = (CAP + 1, 51_i64, None::<i64>, None::<Uuid>);
    let (sort, phrase, patterns) = (ask.sort.word(), phrase(ask), terms.patterns());
    let mut counted = terms.params();
    counted.push(&limit);
    statements.push((include_str!("sql/pool_found.sql"), counted));
    if view.found.is_some_and(|found| found.is_capped()) {
        let mut shown = patterns.params();
        shown.extend::<[&(dyn ToSql + Sync); 3]>([&none, &no_entry, &page]);
        statements.push((ask.sort.walk(), shown));
    } else {
        let mut shown = terms.params();
        shown.extend::<[&(dyn ToSql + Sync); 6]>([&limit, &sort, &phrase, &none, &no_entry, &page]);
        statements.push((include_str!("sql/pool_page.sql"), shown));
    }
    let options = if run {
        "analyze, buffers, costs off"
    } else {
        "costs off"
    };
    let mut plans = Vec::new();
    for (text, params) in statements {
        let rows = client.query(&format!("explain ({options}) {text}"), &params).await?;
        let lines: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        plans.push(lines.join("\n"));
    }
    Ok(plans)
}

/// The text as it was written, for titles that hold it.
fn phrase(ask: &PoolAsk) -> Option<String> {
    ask.text.as_deref().map(|text| plain(text.trim()).collect())
}

/// Reads an entry by the names of its columns.
pub(super) fn view(row: &Row) -> Result<PoolEntryView, ReportError> {
    let currency = wire::currency(row.get("currency"))?;
    let known = |value: i64| (value >= 0).then_some(value);
    let money = |value: Option<i64>| value.map(|value| Money::of(Minor(value), currency));
    let rate = |ppm: i32| u32::try_from(ppm).ok().and_then(|ppm| Rate::from_ppm(ppm).ok());
    let source: String = row.get("source");
    let (id, owner): (Uuid, Uuid) = (row.get("entry"), row.get("owner"));
    let prefix = if source == Kind::Item.word() { "itm" } else { "off" };
    let score: i32 = row.get("score");
    let ships_within: i32 = row.get("ships_within");
    Ok(PoolEntryView {
        entry: format!("{prefix}_{}", id.simple()),
        source,
        owner: PartyId::from_uuid(owner).ok(),
        title: row.get("title"),
        category: row.get("category"),
        price: money(known(row.get("price"))),
        rate: rate(row.get("rate")).map(|rate| rate.to_string()),
        commission: money(known(row.get("commission"))),
        margin: money(row.get("margin")),
        sales: known(row.get("sales")),
        refund_rate: rate(row.get("refund_rate")).map(|rate| rate.to_string()),
        score: (score >= 0).then(|| format!("{}.{:03}", score / 1_000, score % 1_000)),
        min_order: row.get("min_order"),
        ships_within: (ships_within >= 0).then_some(ships_within),
        dropship: row.get("dropship"),
        sample: row.get("sample"),
        stock: row.get("stock"),
    })
}
