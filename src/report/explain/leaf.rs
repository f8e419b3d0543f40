//! The leaves of an explanation: what one event moved on one account, and all that its line was decided with. Several are
//! read at once, with a fixed number of statements however many they are.
//! Must never show a party another's legs: what is of the line is seen with the account owner's eyes.

use std::collections::{BTreeMap, HashMap};

use tokio_postgres::Client;
use uuid::Uuid;

use super::super::history::{Calendar, History, histories};
use super::super::streams::{Stored, stored};
use super::super::{Lang, Money, ReportError, Viewer, reason};
use super::evidence::{self, Proof};
use super::{Node, closing, contracts, money, purchases, shares};
use crate::base::{ContractId, LineId, LogId, PurchaseId, SampleId};
use crate::domain::adjustment::AdjustmentPurpose;
use crate::domain::approval::ApprovalState;
use crate::domain::event::Event;
use crate::domain::share::ShareEvent;
use crate::domain::stream::Slice;
use crate::ledger::{Account, Layer, Leg};
use crate::money::{Currency, Minor};

/// One leaf.
pub(super) struct Leaf {
    pub node: Node,
    pub line: Option<LineId>,
    /// What the facts give equals what was posted.
    pub consistent: bool,
}

/// Events with all that explains them.
pub(super) struct Leaves {
    calendar: Calendar,
    events: BTreeMap<i64, Stored>,
    /// Of events of lines: the line as it stood after the event.
    lines: HashMap<i64, History>,
    proof: Proof,
    approvals: HashMap<i64, ApprovalState>,
}

impl Leaves {
    /// Reads the events at some positions, none of them after `until`.
    pub async fn load(client: &Client, log: LogId, positions: &[i64], until: i64) -> Result<Leaves, ReportError> {
        let sql = include_str!("../sql/explain_events.sql");
        let mut events = BTreeMap::new();
        for row in client.query(sql, &[&log.0, &positions]).await? {
            let stored = stored(log, &row, 0)?;
            events.insert(stored.placed.position, stored);
        }
        let lines = lines(client, log, &events).await?;
        let pins = lines.values().filter_map(|history| history.pin().map(|pin| &**pin));
        Ok(Leaves {
            calendar: Calendar::load(client, log, until).await?,
            proof: Proof::load(client, log, pins, until).await?,
            approvals: approvals(client, log, positions).await?,
            events,
            lines,
        })
    }

    /// What an event moved on an account in every layer and currency.
    pub fn leg(&self, viewer: Viewer, account: Account, position: i64) -> Result<Leaf, ReportError> {
        let stored = self.events.get(&position).ok_or(ReportError::NotFound)?;
        let moved = moved(stored, |leg| leg.account == account)?;
        if moved.is_empty() {
            return Err(ReportError::NotFound);
        }
        let amounts: Vec<String> = moved
            .iter()
            .map(|leg| {
                let (layer, currency) = (leg.layer.word(), leg.currency);
                format!("{layer} {} {currency}", leg.amount.display(currency))
            })
            .collect();
        let amounts = amounts.join(", ");
        let mut node = Node::new(
            "leg",
            format!("{} moved {account} by {amounts} at position {position}", stored.kind),
            format!("{} 在位置 {position} 使 {account} 变动 {amounts}", stored.kind),
        )
        .refer(stored.placed.id);
        if let [leg] = moved.as_slice() {
            node = node.with(Money::of(leg.amount, leg.currency));
        }
        self.because(viewer, account, stored, &moved, node)
    }

    /// What an event moved on an account in one layer and currency, as a part of a sum.
    pub fn part(
        &self,
        viewer: Viewer,
        account: Account,
        (layer, currency): (Layer, Currency),
        position: i64,
    ) -> Result<Leaf, ReportError> {
        let stored = self.events.get(&position).ok_or(ReportError::Stored("position"))?;
        let own = |leg: &Leg| leg.account == account && leg.layer == layer && leg.currency == currency;
        let moved = moved(stored, own)?;
        let amount = Minor::sum(moved.iter().map(|leg| leg.amount))?;
        let shown = Money::of(amount, currency);
        let time = self.calendar.book.opened.zone.local(stored.placed.occurred_at);
        let purpose = match &stored.event {
            Event::Adjustment(posted) => posted.purpose.map(AdjustmentPurpose::word),
            _ => None,
        };
        let what = |lang| reason::movement(&stored.kind, purpose, amount, lang);
        let (mut line_en, mut line_zh) = (String::new(), String::new());
        if let Some(history) = self.lines.get(&position) {
            let (platform, number) = super::names(history);
            line_en = format!(", line {number} of {platform}");
            line_zh = format!("，{platform} 子订单 {number}");
        }
        let stamp = match layer {
            Layer::Settled => {
                let stamp = self.calendar.stamp(stored);
                let back = stamp
                    .points_back_to
                    .map(|month| format!(" (<- {month})"))
                    .unwrap_or_default();
                format!(", {}{back}", stamp.period)
            }
            Layer::Estimated => String::new(),
        };
        let (kind, amount) = (&stored.kind, &shown.amount);
        let node = Node::new(
            "leg",
            format!("{amount}: {} {time}{line_en}{stamp}, {kind}", what(Lang::En)),
            format!(
                "{amount}：{time} {}{line_zh}{}，{kind}",
                what(Lang::Zh),
                stamp.replacen(", ", "，", 1)
            ),
        )
        .refer(format!("{position}:{account}"))
        .with(shown);
        self.because(viewer, account, stored, &moved, node)
    }

    fn because(
        &self,
        viewer: Viewer,
        account: Account,
        stored: &Stored,
        moved: &[Leg],
        mut node: Node,
    ) -> Result<Leaf, ReportError> {
        let position = stored.placed.position;
        let approval = self.approvals.get(&position);
        if let Some(cause) = of_no_line(stored, approval, viewer) {
            node.push(cause);
        }
        let Some(history) = self.lines.get(&position) else {
            return Ok(Leaf {
                node,
                line: None,
                consistent: true,
            });
        };
        let book = &self.calendar.book;
        let eyes = account.party().map_or(viewer, Viewer::Party);
        node.push(money::balance_of(history, account, moved)?);
        node.push(money::events(history, &self.calendar, eyes, |event| {
            event.placed.position == position
        })?);
        let (consistent, check) = money::check(history, viewer, history.currency(book))?;
        node.push(check);
        evidence::all(viewer, history, book, &self.proof, &mut node);
        Ok(Leaf {
            node,
            line: Some(history.line),
            consistent,
        })
    }
}

fn moved(stored: &Stored, own: impl Fn(&Leg) -> bool) -> Result<Vec<Leg>, ReportError> {
    let entry = stored.event.post()?;
    Ok(entry.legs().iter().filter(|leg| own(leg)).copied().collect())
}

/// The lines of some events, each as it stood after its event.
async fn lines(
    client: &Client,
    log: LogId,
    events: &BTreeMap<i64, Stored>,
) -> Result<HashMap<i64, History>, ReportError> {
    let of_lines = || events.values().filter(|stored| stored.slice == Slice::Line.code());
    let mut ids: Vec<Uuid> = of_lines().map(|stored| stored.stream).collect();
    ids.sort_unstable();
    ids.dedup();
    let last = of_lines().map(|stored| stored.placed.position).max().unwrap_or(0);
    let sql = include_str!("../sql/explain_lines.sql");
    let rows = client.query(sql, &[&log.0, &ids, &last]).await?;
    let known: HashMap<LineId, History> = histories(log, &rows)?.into_iter().map(|h| (h.line, h)).collect();
    let after = |stored: &Stored| {
        let history = known.get(&LineId(stored.stream))?;
        Some((stored.placed.position, history.until(stored.placed.position)))
    };
    Ok(of_lines().filter_map(after).collect())
}

async fn approvals(client: &Client, log: LogId, positions: &[i64]) -> Result<HashMap<i64, ApprovalState>, ReportError> {
    let sql = include_str!("../sql/explain_approvals.sql");
    let mut approvals: HashMap<i64, ApprovalState> = HashMap::new();
    for row in client.query(sql, &[&log.0, &positions]).await? {
        if let Event::Approval(event) = stored(log, &row, 0)?.event {
            approvals.entry(row.get(10)).or_default().evolve(&event);
        }
    }
    Ok(approvals)
}

/// Where an entry comes from that no line posted.
fn of_no_line(stored: &Stored, approval: Option<&ApprovalState>, viewer: Viewer) -> Option<Node> {
    match &stored.event {
        Event::Adjustment(adjustment) => Some(evidence::adjustment(adjustment, approval, viewer)),
        Event::Share(ShareEvent::TruedUp(event)) => Some(shares::true_up(event, viewer)),
        Event::Closing(event) => Some(closing::entry(event, viewer)),
        Event::Contract(event) => Some(contracts::entry(ContractId(stored.stream), event, viewer)),
        Event::Purchase(event) => Some(purchases::entry(PurchaseId(stored.stream), event, viewer)),
        Event::Sample(event) => Some(purchases::sample_entry(SampleId(stored.stream), event, viewer)),
        _ => approval.filter(|_| viewer == Viewer::All).and_then(evidence::persons),
    }
}
