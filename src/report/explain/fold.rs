//! A sum folded into groups, and a window of its events opened: the first N, then the next N by a cursor. What is not
//! opened stands folded with its amount, so that the tree of every page adds up at every node.
//! Must never hold more events than one window.

use tokio_postgres::Client;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::super::page::part;
use super::super::{Money, MonthCell, Page, ReportError, Viewer, part_words};
use super::Node;
use super::leaf::Leaves;
use crate::base::{LogId, Month, RuleId, Zone};
use crate::domain::settlement::Part;
use crate::ledger::{Account, Layer, Owner};
use crate::money::{Currency, Minor};

/// How a sum is folded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FoldBy {
    /// Cells of the settlement summary.
    Kind,
    /// Day of the business time, in the book's zone.
    Day,
    /// Accounting month.
    Month,
    /// Commission rule of the line.
    Rule,
    /// Part of a settlement sheet.
    Part,
}

impl FoldBy {
    /// Every way.
    pub const ALL: [FoldBy; 5] = [FoldBy::Kind, FoldBy::Day, FoldBy::Month, FoldBy::Rule, FoldBy::Part];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            FoldBy::Kind => "kind",
            FoldBy::Day => "day",
            FoldBy::Month => "month",
            FoldBy::Rule => "rule",
            FoldBy::Part => "part",
        }
    }
}

/// How a sum is folded, and which of its events are opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fold {
    /// Into which groups.
    pub by: FoldBy,
    /// Events are opened from this group on, by the group's `reference`; from the first, when absent.
    pub group: Option<String>,
    /// How many events are opened, and after which.
    pub page: Page,
}

impl Fold {
    /// The first events of groups of a kind.
    pub fn by(by: FoldBy) -> Fold {
        Fold {
            by,
            group: None,
            page: Page::first(Fold::OPENED),
        }
    }

    /// Events opened unless told otherwise.
    pub const OPENED: i64 = 20;

    /// Most events opened at once.
    pub const MOST: i64 = 100;
}

/// Which legs a sum is of.
#[derive(Clone, Copy)]
pub(super) struct Legs {
    pub account: Account,
    pub layer: Layer,
    pub currency: Currency,
    /// Recorded after this position.
    pub after: i64,
    /// Recorded up to this one.
    pub until: i64,
    /// Stamped up to this month; what was stamped before it is its opening.
    pub month: Option<Month>,
    /// Of one cell of the month, or one part of its sheet.
    pub only: Option<Only>,
}

/// A slice of a month.
#[derive(Clone, Copy)]
pub(super) enum Only {
    Cell(MonthCell),
    Part(Part),
}

impl Only {
    fn code(self) -> &'static str {
        match self {
            Only::Cell(cell) => cell.code(),
            Only::Part(part) => part.word(),
        }
    }
}

/// What a fold gave beside its nodes.
pub(super) struct Folded {
    /// Sum of all groups.
    pub sum: Minor,
    /// Every line opened is as its facts say.
    pub consistent: bool,
    /// Cursor of the next events.
    pub next: Option<String>,
}

struct Group {
    key: String,
    events: i64,
    amount: Minor,
}

struct Opened {
    key: String,
    position: i64,
    amount: Minor,
}

/// Adds the groups of some legs to a node, with the events of one window opened.
pub(super) async fn fold(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (legs, zone): (Legs, Zone),
    fold: &Fold,
    root: &mut Node,
) -> Result<Folded, ReportError> {
    let start = start(fold)?;
    let groups = groups(client, log, legs, zone, fold.by).await?;
    let mut page = fold.page.clone();
    page.limit = page.limit.clamp(1, Fold::MOST);
    let mut opened = leaves(client, log, (legs, zone), fold.by, &start, page.fetch()).await?;
    let more = page.cut(&mut opened);
    let next = opened
        .last()
        .filter(|_| more)
        .map(|leaf| format!("{}~{}", leaf.key, leaf.position));
    let positions: Vec<i64> = opened.iter().map(|leaf| leaf.position).collect();
    let leaves = Leaves::load(client, log, &positions, legs.until).await?;
    let mut folded = Folded {
        sum: Minor::sum(groups.iter().map(|group| group.amount))?,
        consistent: true,
        next,
    };
    // No window opens more groups than events.
    let first = groups.iter().take_while(|group| group.key < start.0).count();
    let shown = groups
        .len()
        .min(first.saturating_add(usize::try_from(Fold::MOST).unwrap_or(usize::MAX)));
    let (before, rest) = groups.split_at(first);
    let (within, after) = rest.split_at(shown - first);
    root.because
        .extend(bundle(before, legs.currency, ("groups before", "此前各组"))?);
    for group in within {
        let own = opened.iter().filter(|leaf| leaf.key == group.key);
        let mut node = group_node(group, fold.by, legs.currency);
        let (mut left, mut amount) = (group.events, group.amount);
        for leaf in own {
            let part = leaves.part(viewer, legs.account, (legs.layer, legs.currency), leaf.position)?;
            folded.consistent &= part.consistent;
            node.push(part.node);
            (left, amount) = (left - 1, amount.minus(leaf.amount)?);
        }
        if !node.because.is_empty() && left > 0 {
            node.push(rest_node(left, amount, legs.currency, ("further events", "其余事件")));
        }
        node.adds_up = !node.because.is_empty();
        root.push(node);
    }
    root.because
        .extend(bundle(after, legs.currency, ("groups after", "此后各组"))?);
    Ok(folded)
}

/// The sum of some legs.
pub(super) async fn total(client: &Client, log: LogId, (legs, zone): (Legs, Zone)) -> Result<Minor, ReportError> {
    let groups = groups(client, log, legs, zone, FoldBy::Kind).await?;
    Ok(Minor::sum(groups.iter().map(|group| group.amount))?)
}

/// The key after which events are opened.
fn start(fold: &Fold) -> Result<(String, i64), ReportError> {
    Ok(match (fold.page.parts::<2>()?, &fold.group) {
        (Some([key, position]), _) => (key.to_owned(), part(position)?),
        (None, Some(group)) => (key_of(group, fold.by), 0),
        (None, None) => (String::new(), 0),
    })
}

fn bundle(groups: &[Group], currency: Currency, words: (&str, &str)) -> Result<Option<Node>, ReportError> {
    if groups.is_empty() {
        return Ok(None);
    }
    let amount = Minor::sum(groups.iter().map(|group| group.amount))?;
    let events = groups.iter().map(|group| group.events).sum();
    Ok(Some(rest_node(events, amount, currency, words)))
}

fn rest_node(events: i64, amount: Minor, currency: Currency, (en, zh): (&str, &str)) -> Node {
    let amount = Money::of(amount, currency);
    let text = (
        format!("{}: {en}, folded ({})", amount.amount, counted(events)),
        format!("{}：{zh}，已折叠（{events} 笔）", amount.amount),
    );
    Node::new("folded", text.0, text.1).with(amount).of_events(events)
}

fn group_node(group: &Group, by: FoldBy, currency: Currency) -> Node {
    let (en, zh) = group_words(&group.key, by);
    let amount = Money::of(group.amount, currency);
    let events = group.events;
    Node::new(
        "group",
        format!("{}: {en} ({})", amount.amount, counted(events)),
        format!("{}：{zh}（{events} 笔）", amount.amount),
    )
    .with(amount)
    .of_events(events)
    .refer(group_name(&group.key, by))
}

fn counted(events: i64) -> String {
    match events {
        1 => "1 event".to_owned(),
        many => format!("{many} events"),
    }
}

/// How a group is called on the wire.
fn group_name(key: &str, by: FoldBy) -> String {
    let none = || "none".to_owned();
    match by {
        FoldBy::Kind => MonthCell::ALL
            .iter()
            .find(|cell| cell.code() == key)
            .map_or_else(none, |cell| cell.word().to_owned()),
        FoldBy::Day | FoldBy::Part => key.to_owned(),
        FoldBy::Month => {
            let month = key.parse().ok().and_then(|number| Month::from_number(number).ok());
            month.map_or_else(none, |month| month.to_string())
        }
        FoldBy::Rule => key.parse::<Uuid>().map_or_else(|_| none(), |id| RuleId(id).to_string()),
    }
}

/// The key of a group as it is called on the wire.
fn key_of(name: &str, by: FoldBy) -> String {
    match by {
        FoldBy::Kind => MonthCell::ALL
            .iter()
            .find(|cell| cell.word() == name)
            .map_or_else(String::new, |cell| cell.code().to_owned()),
        FoldBy::Day | FoldBy::Part => name.to_owned(),
        FoldBy::Month => name
            .parse::<Month>()
            .map_or_else(|_| String::new(), |month| month.number().to_string()),
        FoldBy::Rule => name
            .parse::<RuleId>()
            .map_or_else(|_| String::new(), |rule| rule.0.to_string()),
    }
}

fn group_words(key: &str, by: FoldBy) -> (String, String) {
    let name = group_name(key, by);
    match by {
        FoldBy::Kind => {
            let cell = MonthCell::ALL.iter().find(|cell| cell.code() == key);
            let zh = cell.map_or("无", |cell| cell.zh());
            (name, zh.to_owned())
        }
        FoldBy::Part => match Part::from_word(key).map(part_words) {
            Some([en, zh]) => (en.to_owned(), zh.to_owned()),
            None => (name, MonthCell::Opening.zh().to_owned()),
        },
        FoldBy::Day => (format!("on {name}"), name),
        FoldBy::Month if name == "none" => ("not settled".to_owned(), "未结算".to_owned()),
        FoldBy::Month => (format!("in {name}"), format!("{name} 账期")),
        FoldBy::Rule if name == "none" => ("by no rule of this book".to_owned(), "不适用本账佣金计划".to_owned()),
        FoldBy::Rule => (format!("by rule {name}"), format!("佣金计划 {name}")),
    }
}

/// The book itself is the nil uuid.
pub(super) fn owner_uuid(account: Account) -> Uuid {
    match account.owner {
        Owner::Book => Uuid::nil(),
        Owner::Party(party) => party.uuid(),
    }
}

/// The parameters that both statements take.
struct Parameters {
    owner: Uuid,
    account: i16,
    layer: i16,
    currency: String,
    month: Option<i32>,
    only: Option<&'static str>,
    zone: String,
    /// The word of each part, by its number.
    words: Vec<&'static str>,
    /// The cell of each part, by its number.
    cells: Vec<&'static str>,
}

impl Parameters {
    fn of(legs: Legs, zone: Zone) -> Parameters {
        Parameters {
            owner: owner_uuid(legs.account),
            account: legs.account.kind.code(),
            layer: legs.layer.code(),
            currency: legs.currency.to_string(),
            month: legs.month.map(Month::number),
            only: legs.only.map(Only::code),
            zone: zone.to_string(),
            words: Part::ALL.map(Part::word).to_vec(),
            cells: MonthCell::of_parts().to_vec(),
        }
    }
}

async fn groups(client: &Client, log: LogId, legs: Legs, zone: Zone, by: FoldBy) -> Result<Vec<Group>, ReportError> {
    let p = Parameters::of(legs, zone);
    let word = by.word();
    let parameters: [&(dyn ToSql + Sync); 13] = [
        &log.0,
        &p.owner,
        &p.account,
        &p.layer,
        &p.currency,
        &legs.after,
        &legs.until,
        &p.month,
        &p.only,
        &word,
        &p.zone,
        &p.words,
        &p.cells,
    ];
    let rows = client
        .query(include_str!("../sql/explain_groups.sql"), &parameters)
        .await?;
    let group = |row: &tokio_postgres::Row| {
        Ok(Group {
            key: key(row)?,
            events: row.get(1),
            amount: Minor(row.get(2)),
        })
    };
    rows.iter().map(group).collect()
}

async fn leaves(
    client: &Client,
    log: LogId,
    (legs, zone): (Legs, Zone),
    by: FoldBy,
    (key, position): &(String, i64),
    fetch: i64,
) -> Result<Vec<Opened>, ReportError> {
    let p = Parameters::of(legs, zone);
    let word = by.word();
    let parameters: [&(dyn ToSql + Sync); 16] = [
        &log.0,
        &p.owner,
        &p.account,
        &p.layer,
        &p.currency,
        &legs.after,
        &legs.until,
        &p.month,
        &p.only,
        &word,
        &p.zone,
        key,
        position,
        &fetch,
        &p.words,
        &p.cells,
    ];
    let rows = client
        .query(include_str!("../sql/explain_leaves.sql"), &parameters)
        .await?;
    let opened = |row: &tokio_postgres::Row| {
        Ok(Opened {
            key: self::key(row)?,
            position: row.get(1),
            amount: Minor(row.get(2)),
        })
    };
    rows.iter().map(opened).collect()
}

/// No key: the leg was written by an older server and has no part yet.
fn key(row: &tokio_postgres::Row) -> Result<String, ReportError> {
    row.get::<_, Option<String>>(0)
        .ok_or(ReportError::Stored("part of a leg"))
}
