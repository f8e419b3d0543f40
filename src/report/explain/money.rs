//! The money half of an explanation: holdings, events with their legs, bases and split steps, and the comparison of what
//! the facts give with what was posted.
//! Must never show a party a step of another: it sees the gross commission, the fees, and its own hop.

use rust_decimal::Decimal;

use super::super::history::{self, Calendar, History};
use super::super::streams::Stored;
use super::super::{Money, ReportError, Viewer, reason};
use super::Node;
use crate::base::PartyId;
use crate::domain::event::Event;
use crate::domain::order::split::TEAM;
use crate::domain::order::target::split_behind;
use crate::domain::order::{Figures, LineEvent, LineState, Pin, RateTerms, Role, Split, Step};
use crate::ledger::{Account, Leg};
use crate::money::{Currency, Minor, Rate};

/// What the accounts of the parties that may be seen hold of the line.
pub(super) fn holdings(history: &History, viewer: Viewer, currency: Currency) -> Result<Node, ReportError> {
    let mut node = Node::new(
        "holdings",
        "What the line left in the accounts:",
        "本单在各账户的余额：",
    );
    for ((account, layer), amount) in history.state.posted() {
        if viewer.sees_account(*account) {
            let amount = Money::of(*amount, currency);
            let text = format!("{account} {}: {}", layer.word(), amount.amount);
            node.push(Node::new("holding", text.clone(), text).with(amount));
        }
    }
    if node.because.is_empty() {
        node.push(Node::new("holding", "nothing", "无"));
    }
    Ok(node)
}

/// What one account held of the line before and after the last event.
pub(super) fn balance_of(history: &History, account: Account, moved: &[Leg]) -> Result<Node, ReportError> {
    let mut node = Node::new(
        "line_balance",
        "What the line left in this account:",
        "本单在该账户的余额：",
    );
    for leg in moved {
        let after = history
            .state
            .posted()
            .get(&(account, leg.layer))
            .copied()
            .unwrap_or_default();
        let before = after.minus(leg.amount)?.display(leg.currency);
        let layer = leg.layer.word();
        let after = Money::of(after, leg.currency);
        let en = format!("{layer}: before {before}, after {}", after.amount);
        let zh = format!("{layer}：变动前 {before}，变动后 {}", after.amount);
        node.push(Node::new("holding", en, zh).with(after));
    }
    Ok(node)
}

/// The events that moved money, each with its legs, bases and splits.
pub(super) fn events(
    history: &History,
    calendar: &Calendar,
    viewer: Viewer,
    shown: impl Fn(&Stored) -> bool,
) -> Result<Node, ReportError> {
    let mut node = Node::new("events", "What happened:", "发生了什么：");
    let currency = history.currency(&calendar.book);
    let zone = calendar.book.opened.zone;
    let mut state = LineState::default();
    for stored in &history.events {
        let Event::Line(event) = &stored.event else { continue };
        state.evolve(event, &stored.placed);
        if !shown(stored) {
            continue;
        }
        let time = zone.local(stored.placed.occurred_at);
        let (position, kind) = (stored.placed.position, &stored.kind);
        let (state_en, state_zh) = outcome(event);
        let mut child = Node::new(
            "event",
            format!("{kind} at {time}{state_en}, position {position}"),
            format!("{time} {kind}{state_zh}，位置 {position}"),
        )
        .refer(stored.placed.id);
        for leg in history::legs(&stored.event) {
            if viewer.sees_account(leg.account) {
                child.push(leg_node(leg, stored, calendar));
            }
        }
        if let (Some(pin), false) = (&state.pin, history::legs(&stored.event).is_empty()) {
            let figures = figures_of(event);
            for base in bases(figures, currency) {
                let estimate = figures.estimated_base == Some(base.base);
                let split = split_behind(&state.story(), pin, figures, (base.base, estimate))?;
                child.push(split_node(base, split.as_ref(), pin, viewer, currency)?);
            }
        }
        node.push(child);
    }
    Ok(node)
}

fn outcome(event: &LineEvent) -> (String, String) {
    let code = match event {
        LineEvent::Fact(e) => e.code.clone(),
        LineEvent::TimerFired(e) => e.lapsed.clone(),
        LineEvent::Reattributed(_) | LineEvent::Released(_) => None,
    };
    code.map(|code| (format!(" ({code})"), format!("（{code}）")))
        .unwrap_or_default()
}

fn figures_of(event: &LineEvent) -> &Figures {
    match event {
        LineEvent::Fact(e) => &e.figures,
        LineEvent::Reattributed(e) => &e.figures,
        LineEvent::TimerFired(e) => &e.figures,
        LineEvent::Released(e) => &e.figures,
    }
}

fn leg_node(leg: &Leg, stored: &Stored, calendar: &Calendar) -> Node {
    let amount = Money::of(leg.amount, leg.currency);
    let mut text = format!("{} {} {}", leg.account, leg.layer.word(), amount.amount);
    if leg.layer == crate::ledger::Layer::Settled {
        let stamp = calendar.stamp(stored);
        text.push_str(&format!(", {}", stamp.period));
        if let Some(back) = stamp.points_back_to {
            text.push_str(&format!(" (<- {back})"));
        }
    }
    Node::new("leg", text.clone(), text).with(amount)
}

struct BaseOf {
    words: (&'static str, &'static str),
    base: Minor,
    shown: Money,
}

/// The distinct bases behind an event's legs.
fn bases(figures: &Figures, currency: Currency) -> Vec<BaseOf> {
    let named = [
        (("base of the estimate", "预估基数"), figures.estimated_base),
        (("settled base", "结算基数"), figures.settled_base),
        (
            ("settled base after refunds won", "退款成功后的结算基数"),
            figures.won_base,
        ),
        (
            ("settled base after refunds deducted", "退款扣回后的结算基数"),
            figures.deducted_base,
        ),
    ];
    let mut bases: Vec<BaseOf> = Vec::new();
    for (words, base) in named {
        if let Some(base) = base
            && bases.iter().all(|known| known.base != base)
        {
            bases.push(BaseOf {
                words,
                base,
                shown: Money::of(base, currency),
            });
        }
    }
    bases
}

fn split_node(
    base: BaseOf,
    split: Option<&Split<'_>>,
    pin: &Pin,
    viewer: Viewer,
    currency: Currency,
) -> Result<Node, ReportError> {
    let (en, zh) = base.words;
    let mut node = Node::new(
        "base",
        format!("{en} {}", base.shown.amount),
        format!("{zh} {}", base.shown.amount),
    )
    .with(base.shown.clone());
    let (Some(terms), Some(split)) = (&pin.terms, split) else {
        return Ok(node);
    };
    let gross = Money::of(split.gross, currency);
    let (of_en, of_zh) = match &pin.rule {
        Some(rule) => {
            let rate = reason::rate_words(&rule.rate);
            let exact = match &rule.rate {
                RateTerms::Flat(rate) => exact(base.base, *rate, currency),
                RateTerms::Tiered(_) => None,
            };
            let product = exact.map_or(String::new(), |exact| format!(" = {exact}"));
            let words = format!("{} x {rate}{product}", base.shown.amount);
            (words.clone(), words)
        }
        None if pin.brought_over.is_some_and(|agreed| agreed.rate.is_some()) => {
            let rate = pin.brought_over.and_then(|agreed| agreed.rate).unwrap_or(Rate::ZERO);
            let words = format!("{} x {}", base.shown.amount, reason::percent(rate));
            (words.clone(), words)
        }
        None => (
            format!("as the platform reports it of {}", base.shown.amount),
            format!("平台口径，基数 {}", base.shown.amount),
        ),
    };
    let note = match (split.below_minimum, split.capped) {
        (true, _) => (" (below the smallest unit: nothing)", "（不足最小单位，不计）"),
        (false, true) => (" (capped)", "（已封顶）"),
        _ => ("", ""),
    };
    let mut g = Node::new(
        "gross",
        format!("G: {of_en} -> {}{}", gross.amount, note.0),
        format!("佣金 G：{of_zh} -> {}{}", gross.amount, note.1),
    )
    .with(gross);
    for (index, step) in split.steps.iter().enumerate() {
        if sees_step(viewer, step, terms.chain.iter().map(|hop| hop.party), terms.merchant) {
            let last = index + 1 == split.steps.len();
            g.push(step_node(step, last, terms.as_reported, currency)?);
        }
    }
    // Who does not see every step, or a subsidy that came on top, leaves a rest: then nothing is said of the sum.
    let steps = split.steps.iter().map(|step| step.amount);
    g.adds_up = g.because.len() == split.steps.len() && !g.because.is_empty() && Minor::sum(steps)? == split.gross;
    node.push(g);
    Ok(node)
}

/// Fees lower what everybody below and the merchant see; a hop is its own party's business.
fn sees_step(viewer: Viewer, step: &Step<'_>, mut chain: impl Iterator<Item = PartyId>, merchant: PartyId) -> bool {
    let Some(own) = viewer.party() else { return true };
    let of_the_line = own == merchant || chain.any(|party| party == own);
    own == step.party || (step.role == Role::Fee && of_the_line)
}

fn step_node(step: &Step<'_>, last: bool, as_reported: bool, currency: Currency) -> Result<Node, ReportError> {
    let amount = Money::of(step.amount, currency);
    let of = step.of.display(currency);
    let party = step.party;
    let rate = reason::percent(step.rate);
    let exact = exact(step.of, step.rate, currency).map_or(String::new(), |exact| format!(" = {exact}"));
    let text = match step.role {
        Role::Deduction { .. } if step.amount.0 < 0 => {
            format!("{}: borne by {party} {}", step.name, amount.amount)
        }
        Role::Deduction { .. } => {
            format!(
                "{}: deducts {of} x {rate}{exact} -> {} {party}",
                step.name, amount.amount
            )
        }
        Role::Hop { .. } if step.name == TEAM => {
            format!("share: of the team {of} x {rate}{exact} -> {} {party}", amount.amount)
        }
        Role::Fee | Role::Payer if as_reported => {
            format!("{}: as reported -> {} {party}", step.name, amount.amount)
        }
        Role::Fee => format!("{}: {of} x {rate}{exact} -> {} {party}", step.name, amount.amount),
        Role::Payer => format!("{}: {of} x {rate}{exact} -> {} {party}", step.name, amount.amount),
        Role::Hop { .. } if last || step.rate == Rate::ONE => {
            format!("share: the rest {of} -> {} {party}", amount.amount)
        }
        Role::Hop { .. } => {
            let on = step.of.minus(step.amount)?.display(currency);
            format!(
                "share: of {of} keeps {} ({rate}{exact}), passes {on} on, {party}",
                amount.amount
            )
        }
    };
    let zh = text
        .replacen("share: of the team", "分成：团队共", 1)
        .replacen(": deducts ", "：扣项 ", 1)
        .replacen(": borne by ", "：承担方 ", 1)
        .replacen("share: the rest", "分成：余额", 1)
        .replacen("share: of", "分成：入账", 1)
        .replacen(" keeps ", " 留存 ", 1)
        .replacen(", passes ", "，转出 ", 1)
        .replacen(" on, ", "，", 1);
    Ok(Node::new("step", text, zh).with(amount).refer(party))
}

/// The product before rounding, in major units.
fn exact(of: Minor, rate: Rate, currency: Currency) -> Option<String> {
    let amount = Decimal::try_new(of.0, currency.digits()).ok()?;
    let product = amount.checked_mul(Decimal::new(i64::from(rate.ppm()), 6))?;
    Some(product.normalize().to_string())
}

/// Recomputes the line from its facts and its pin, and compares with what was posted.
pub(super) fn check(history: &History, viewer: Viewer, currency: Currency) -> Result<(bool, Node), ReportError> {
    let state = &history.state;
    let off = state.target()?.legs(state.posted(), currency)?;
    if off.is_empty() {
        let node = Node::new(
            "check",
            "Recomputed from the facts: equal to what was posted.",
            "按事实重算：与已记账金额一致。",
        );
        return Ok((true, node));
    }
    let mut node = Node::new(
        "mismatch",
        "!!! RECOMPUTED FROM THE FACTS THE LINE DIFFERS FROM WHAT WAS POSTED !!!",
        "！！！按事实重算与已记账金额不一致！！！",
    );
    for leg in off.iter().filter(|leg| viewer.sees_account(leg.account)) {
        let amount = Money::of(leg.amount, currency);
        let (account, layer) = (leg.account, leg.layer.word());
        let en = format!("{account} {layer} lacks {}", amount.amount);
        let zh = format!("{account} {layer} 差额 {}", amount.amount);
        node.push(Node::new("gap", en, zh).with(amount));
    }
    Ok((false, node))
}
