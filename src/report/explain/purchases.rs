//! Purchases in an explanation: what one leaves, part by part down to units and prices; and where one entry comes from.
//! Must never show a party the legs of another, nor a supplier the sale of its goods.

use tokio_postgres::Client;

use super::super::purchases::{folded, side_of};
use super::super::streams::Stored;
use super::super::{At, Money, ReportError, Viewer, position, reason};
use super::{ExplainView, Lang, Node};
use crate::base::{LogId, PurchaseId, SampleId};
use crate::domain::event::Event;
use crate::domain::purchase::{ChargeKind, Ordered, PurchaseEvent, PurchaseKind, PurchaseState, Refund, Side, What};
use crate::domain::sample::SampleEvent;
use crate::ledger::Leg;
use crate::money::{Currency, Minor, MoneyError};

/// Explains a purchase as it stood at a position: of a dropship order the margin, of any other its cost; to a supplier, what
/// is owed to it. The viewer has been found to be concerned by it.
pub async fn explain_purchase(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    id: PurchaseId,
    at: At,
) -> Result<ExplainView, ReportError> {
    let position = position(client, log, at).await?;
    let (state, events) = folded(client, log, id, position).await?;
    let order = state.order.as_deref().ok_or(ReportError::Stored("purchase"))?;
    let (root, consistent) = match side_of(order, viewer) {
        Side::Supplier => payable(&state, order, &events)?,
        Side::Book | Side::Buyer => margin(&state, order, &events)?,
    };
    Ok(ExplainView {
        position,
        line: None,
        consistent,
        root: root.refer(id),
        next: None,
    })
}

/// A node of an amount; what it is, then how much.
fn sum(kind: &'static str, (en, zh): (&str, &str), amount: Minor, currency: Currency) -> Node {
    let amount = Money::of(amount, currency);
    let text = amount.amount.clone();
    Node::new(kind, format!("{en}: {text}"), format!("{zh}：{text}")).with(amount)
}

/// What every event of a purchase moved for who bears it.
fn margin(state: &PurchaseState, order: &Ordered, events: &[Stored]) -> Result<(Node, bool), ReportError> {
    let words = match order.kind {
        PurchaseKind::Dropship => ("margin of a dropship order", "一件代发毛利"),
        PurchaseKind::Wholesale => ("cost of goods bought", "采购成本"),
        PurchaseKind::Sample => ("cost of samples bought", "样品采购成本"),
    };
    let whole = state.margin()?;
    let mut root = sum("purchase", words, whole, order.currency).adding_up();
    let mut total = Minor::ZERO;
    for stored in events {
        let Event::Purchase(event) = &stored.event else {
            continue;
        };
        let Some((node, amount)) = step(stored, event, order, true)? else {
            continue;
        };
        total = total.plus(amount)?;
        root.push(node);
    }
    Ok((root, total == whole))
}

/// What every event of a purchase moved for its supplier.
fn payable(state: &PurchaseState, order: &Ordered, events: &[Stored]) -> Result<(Node, bool), ReportError> {
    let whole = state.payable()?;
    let words = ("owed to the supplier", "应付供应商");
    let mut root = sum("purchase", words, whole, order.currency).adding_up();
    let mut total = Minor::ZERO;
    for stored in events {
        let Event::Purchase(event) = &stored.event else {
            continue;
        };
        let found = match &event.what {
            What::Paid { amount, .. } => Some((line(stored, amount.negated()?, order), amount.negated()?)),
            What::Repaid { amount, .. } => Some((line(stored, *amount, order), *amount)),
            What::Sold { .. } | What::BuyerRefunded(_) => None,
            What::Charged { amount, payee, .. } => {
                let own = *payee == Some(order.supplier);
                own.then(|| (line(stored, *amount, order), *amount))
            }
            _ => step(stored, event, order, false)?,
        };
        let Some((node, amount)) = found else { continue };
        total = total.plus(amount)?;
        root.push(node);
    }
    Ok((root, total == whole))
}

/// The words of an event with its amount.
fn line(stored: &Stored, amount: Minor, order: &Ordered) -> Node {
    let word = |lang| reason::movement(&stored.kind, None, amount, lang);
    let (en, zh) = (word(Lang::En), word(Lang::Zh));
    sum("event", (en, zh), amount, order.currency).refer(stored.placed.position)
}

/// One event as who bears the cost sees it (`bearer`), or with the sign of its supplier; none when it moved nothing.
fn step(
    stored: &Stored,
    event: &PurchaseEvent,
    order: &Ordered,
    bearer: bool,
) -> Result<Option<(Node, Minor)>, ReportError> {
    // What the supplier gets, the bearer pays.
    let sign = |amount: Minor| if bearer { amount.negated() } else { Ok(amount) };
    let found = match goods_of(event, order, &sign)? {
        Some(found) => Some(found),
        None => rest_of(event, order, &sign)?,
    };
    let Some((amount, parts)) = found else { return Ok(None) };
    let mut node = line(stored, amount, order);
    let all = parts.iter().all(|part| part.amount.is_some());
    node.because = parts;
    if all && !node.because.is_empty() {
        node = node.adding_up();
    }
    Ok(Some((node, amount)))
}

type Moved = Option<(Minor, Vec<Node>)>;

/// What an event moved for goods and freight, with its parts, which add up.
fn goods_of(event: &PurchaseEvent, order: &Ordered, sign: Signed<'_>) -> Result<Moved, ReportError> {
    let currency = order.currency;
    Ok(Some(match &event.what {
        What::Ordered { order } => {
            let mut parts = goods(order, sign)?;
            if !order.freight.is_zero() {
                parts.push(sum("freight", ("freight", "运费"), sign(order.freight)?, currency));
            }
            (sign(order.goods()?.plus(order.freight)?)?, parts)
        }
        What::Sold { goods, freight } => {
            let mut parts = sold(order)?;
            if !freight.is_zero() {
                let words = ("freight paid by the buyer", "买家支付运费");
                parts.push(sum("freight", words, *freight, currency));
            }
            (goods.plus(*freight)?, parts)
        }
        What::FreightChanged { before, after, .. } => {
            let less = ("less freight before", "减：原运费");
            let parts = vec![
                sum("figure", ("freight after", "调整后运费"), sign(*after)?, currency),
                sum("figure", less, sign(before.negated()?)?, currency),
            ];
            (sign(after.minus(*before)?)?, parts)
        }
        What::Refunded(refund) => {
            let back = |amount: Minor| sign(amount.negated()?);
            refunded(refund, order, &back)?
        }
        What::BuyerRefunded(refund) => refunded(refund, order, &Minor::negated)?,
        _ => return Ok(None),
    }))
}

/// What an event moved beside, with words that say why.
fn rest_of(event: &PurchaseEvent, order: &Ordered, sign: Signed<'_>) -> Result<Moved, ReportError> {
    Ok(Some(match &event.what {
        What::Charged {
            charge, amount, note, ..
        } => {
            let (en, zh) = charge_words(*charge);
            let note = note.as_deref().unwrap_or_default();
            let words = Node::new("reason", format!("{en} {note}"), format!("{zh} {note}"));
            (amount.negated()?, vec![words])
        }
        What::Billed {
            correction,
            accrued,
            number,
            ..
        } if !correction.is_zero() => {
            let text = Money::of(*accrued, order.currency).amount;
            let en = format!("bill {number}, accrued {text}");
            let words = Node::new("reason", en, format!("账单 {number}，暂估 {text}"));
            (sign(*correction)?, vec![words])
        }
        What::Cancelled { amount, .. } | What::TimedOut { amount } => (sign(amount.negated()?)?, Vec::new()),
        _ => return Ok(None),
    }))
}

fn charge_words(charge: ChargeKind) -> (&'static str, &'static str) {
    match charge {
        ChargeKind::ReturnFreight => ("return freight", "退货运费"),
        ChargeKind::Insurance => ("insurance", "运费险"),
        ChargeKind::Packaging => ("packaging", "包装"),
        ChargeKind::Fee => ("fee", "服务费"),
        ChargeKind::Other => ("other charge", "其他费用"),
    }
}

/// Each line of an order: units x price.
fn goods(order: &Ordered, sign: Signed<'_>) -> Result<Vec<Node>, MoneyError> {
    let each = order.lines.iter().map(|line| {
        let price = line.unit_price.display(order.currency);
        let tier = line.offer.as_ref().and_then(|from| from.tier_from);
        let (tier_en, tier_zh) = tier.map_or_else(Default::default, |from| {
            (format!(" (tier from {from})"), format!("（{from} 起阶梯价）"))
        });
        let name = &line.name;
        let en = format!("{name}, {} x {price}{tier_en}", line.quantity);
        let zh = format!("{name}，{} x {price}{tier_zh}", line.quantity);
        Ok(sum("goods", (&en, &zh), sign(line.goods()?)?, order.currency))
    });
    each.collect()
}

fn sold(order: &Ordered) -> Result<Vec<Node>, MoneyError> {
    let each = order.lines.iter().map(|line| {
        let (name, units) = (&line.name, line.quantity);
        let (en, zh) = (format!("{name}, {units} sold"), format!("{name}，售出 {units} 件"));
        let node = sum("goods", (&en, &zh), line.sold.unwrap_or_default(), order.currency);
        Ok(match line.order_line {
            Some(id) => node.refer(id),
            None => node,
        })
    });
    each.collect()
}

type Signed<'a> = &'a dyn Fn(Minor) -> Result<Minor, MoneyError>;

fn refunded(refund: &Refund, order: &Ordered, sign: Signed<'_>) -> Result<(Minor, Vec<Node>), ReportError> {
    let mut parts = Vec::with_capacity(refund.lines.len() + 1);
    for told in &refund.lines {
        let line = order.lines.get(usize::try_from(told.line).unwrap_or(usize::MAX));
        let name = line.map_or("", |line| line.name.as_str());
        let en = format!("{name}, {} refunded", told.units);
        let zh = format!("{name}，退 {} 件", told.units);
        parts.push(sum("goods", (&en, &zh), sign(told.amount)?, order.currency));
    }
    if !refund.freight.is_zero() {
        parts.push(sum(
            "freight",
            ("freight", "运费"),
            sign(refund.freight)?,
            order.currency,
        ));
    }
    let lines = refund.lines.iter().map(|told| told.amount);
    Ok((sign(Minor::sum(lines.chain([refund.freight]))?)?, parts))
}

/// Where an entry of a purchase comes from, with the viewer's own legs.
pub(super) fn entry(id: PurchaseId, event: &PurchaseEvent, viewer: Viewer) -> Node {
    let (en, zh) = (event.what.kind(), event.what.kind());
    let mut node = Node::new("purchase", format!("purchase: {en}"), format!("采购单：{zh}")).refer(id);
    if let What::Ordered { order } = &event.what {
        let parts = goods(order, &Ok);
        let freight = sum("freight", ("freight", "运费"), order.freight, order.currency);
        let seen = viewer == Viewer::All || [Some(order.supplier), order.buyer].contains(&viewer.party());
        if seen {
            node.because.extend(parts.unwrap_or_default());
            node.push(freight);
        }
    }
    legs(&mut node, &event.legs, viewer);
    node
}

/// Where an entry of a sample comes from, with the viewer's own legs.
pub(super) fn sample_entry(id: SampleId, event: &SampleEvent, viewer: Viewer) -> Node {
    let kind = event.what.kind();
    let mut node = Node::new("sample", format!("sample: {kind}"), format!("样品：{kind}")).refer(id);
    legs(&mut node, &event.legs, viewer);
    node
}

fn legs(node: &mut Node, legs: &[Leg], viewer: Viewer) {
    for leg in legs.iter().filter(|leg| viewer.sees_account(leg.account)) {
        let text = format!("{} {}", leg.account, leg.amount.display(leg.currency));
        node.push(Node::new("leg", text.clone(), text).with(Money::of(leg.amount, leg.currency)));
    }
}
