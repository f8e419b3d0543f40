//! Share formulas in an explanation: the terms that a line was split by, and where a true-up came from.
//! Must never show a team member more than its own part.

use super::super::{Money, Viewer, reason};
use super::Node;
use crate::domain::order::HopFormula;
use crate::domain::share::{Bearer, TruedUp};

/// Adds the terms of a contract's formula to its hop.
pub(super) fn terms(formula: &HopFormula, hop: &mut Node) {
    for deduction in &formula.deductions {
        let (en, zh) = match deduction.bearer {
            Bearer::Both => ("before the split", "分成前扣除"),
            Bearer::Upper => ("borne by the upper", "机构承担"),
            Bearer::Member => ("borne by the member", "成员承担"),
        };
        let (name, rate) = (&deduction.name, reason::percent(deduction.rate));
        let mut node = Node::new(
            "deduction",
            format!("{name}: {rate} of the inflow, {en}"),
            format!("{name}：入账的 {rate}，{zh}"),
        );
        if let Some(taker) = deduction.taker {
            node = node.refer(taker);
        }
        hop.push(node);
    }
    if formula.tiers_in.is_some() {
        hop.push(Node::new(
            "provisional",
            "the rate is provisional: tiers on the month give the final one, a true-up posts the difference",
            "暂按此比例分成：月度阶梯确定最终比例，差额以分成结算差额入账",
        ));
    }
    for (party, weight) in &formula.team {
        let weight = reason::percent(*weight);
        let text = format!("team 团队: {weight} {party}");
        hop.push(Node::new("team", text.clone(), text).refer(*party));
    }
}

/// Where a true-up came from: the month's totals, what the tiers give on them, what was posted before.
pub(super) fn true_up(event: &TruedUp, viewer: Viewer) -> Node {
    let (month, currency) = (event.month, event.currency);
    let mut node = Node::new(
        "true_up",
        format!("share true-up of {month}"),
        format!("{month} 分成结算差额"),
    )
    .refer(event.membership);
    if !viewer.sees(event.upper) && !viewer.sees(event.member) {
        return node;
    }
    let before = event.trued_up.0.saturating_sub(event.change.0);
    for (en, zh, amount) in [
        ("settled base of the month", "当月结算基数", event.figures.base),
        ("reached the upper", "上级入账", event.figures.inflow),
        (
            "left by deductions before the split",
            "分成前扣除后",
            event.figures.pool,
        ),
        ("the upper's part by the tiers", "按阶梯上级应得", event.target),
        (
            "the upper's part as the lines posted it",
            "各单已暂分给上级",
            event.figures.share,
        ),
        ("earlier true-ups", "此前差额", crate::money::Minor(before)),
        ("this true-up gives the upper", "本次上级应补", event.change),
    ] {
        let amount = Money::of(amount, currency);
        let text = amount.amount.clone();
        node.push(Node::new("figure", format!("{en}: {text}"), format!("{zh}：{text}")).with(amount));
    }
    node
}
