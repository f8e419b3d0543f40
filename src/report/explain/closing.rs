//! Closing entries of a run in an explanation: where a minimum guarantee or a reserve for returns came from.
//! Must never show a party another's earnings.

use super::super::{Money, Viewer};
use super::Node;
use crate::domain::settlement::ClosingEvent;
use crate::money::{Currency, Minor};

/// The figures that an entry was posted from.
pub(super) fn entry(event: &ClosingEvent, viewer: Viewer) -> Node {
    match event {
        ClosingEvent::Guarantee(e) => {
            let (en, zh) = (
                format!("minimum guarantee of {}", e.period),
                format!("{} 保底", e.period),
            );
            let mut node = Node::new("guarantee", en, zh).refer(e.membership);
            if viewer.sees(e.member) || viewer.sees(e.upper) {
                let guaranteed = e.guarantee.map(|guarantee| guarantee.amount).unwrap_or_default();
                figures(
                    &mut node,
                    e.currency,
                    &[
                        ("earned in the month", "当月已赚", e.earned),
                        ("guaranteed", "保底金额", guaranteed),
                        ("advances open before", "期初预支余额", e.open_before),
                        ("topped up", "补足", e.topped_up),
                        ("advanced", "预支", e.advanced),
                        ("recovered", "收回预支", e.recovered),
                        ("advances open after", "期末预支余额", e.open),
                    ],
                );
            }
            node
        }
        ClosingEvent::Held(e) | ClosingEvent::Released(e) => {
            let rate = super::super::reason::percent(e.rate);
            let (en, zh) = (
                format!("reserve for returns in {}, {rate} of what was earned", e.period),
                format!("{} 退货准备金，已赚的 {rate}", e.period),
            );
            let mut node = Node::new("reserve", en, zh).refer(e.closing);
            if viewer.sees(e.party) {
                let known = [
                    ("earned in the month", "当月已赚", e.earned),
                    ("this entry", "本次", e.amount),
                ];
                figures(&mut node, e.currency, &known);
                for hold in &e.holds {
                    let left = Minor(hold.held.0.saturating_sub(hold.released.0));
                    let (month, amount) = (hold.month, Money::of(left, e.currency));
                    let en = format!("still held for {month}: {}", amount.amount);
                    let zh = format!("{month} 尚留存：{}", amount.amount);
                    node.push(Node::new("hold", en, zh).with(amount));
                }
            }
            node
        }
    }
}

fn figures(node: &mut Node, currency: Currency, known: &[(&str, &str, Minor)]) {
    for (en, zh, amount) in known.iter().filter(|(.., amount)| !amount.is_zero()) {
        let amount = Money::of(*amount, currency);
        let text = amount.amount.clone();
        node.push(Node::new("figure", format!("{en}: {text}"), format!("{zh}：{text}")).with(amount));
    }
}
