//! Decisions of a purchase: what may be ordered, what an action comes to, what a time-out does.
//! Must never read a clock or make an id.

use super::actions::{Action, Side, is_open, may};
use super::event::{Cause, PurchaseEvent, Units, What};
use super::platform::{Means, Track, meaning};
use super::state::PurchaseState;
use super::terms::{Ordered, PurchaseKind};
use super::{money, refunds};
use crate::base::{ExternalId, Instant, LogId, PartyId, TimerId};
use crate::domain::refusal::{Class, Refusal, Wrong};
use crate::money::Minor;

/// Most characters of a note.
const LONGEST_NOTE: usize = 1_000;

/// Orders; a dropship order is sold with it.
pub fn order(state: Option<&PurchaseState>, asked: Ordered, now: Instant) -> Result<Vec<PurchaseEvent>, Refusal> {
    if state.is_some_and(|state| state.order.is_some()) {
        return Err(
            Refusal::conflict("already_exists", "a purchase with this number stands already")
                .because_of(asked.purchase),
        );
    }
    asked.check(now)?;
    let total = asked.goods()?.plus(asked.freight)?;
    let mut events = Vec::with_capacity(2);
    let bought = money::bought(&asked, total)?;
    let sale = if asked.kind == PurchaseKind::Dropship {
        let (goods, freight) = (asked.sold()?, asked.sold_freight.unwrap_or_default());
        let sold = What::Sold { goods, freight };
        Some(PurchaseEvent::of(sold).moving(money::sold(&asked, goods.plus(freight)?)?))
    } else {
        None
    };
    let ordered = What::Ordered { order: Box::new(asked) };
    events.push(PurchaseEvent::of(ordered).moving(bought));
    events.extend(sale);
    Ok(events)
}

/// Events decided so far, folded on top: each decision sees those before it.
struct Draft<'a> {
    order: &'a Ordered,
    state: PurchaseState,
    now: Instant,
    events: Vec<PurchaseEvent>,
}

impl Draft<'_> {
    fn push(&mut self, event: PurchaseEvent) {
        let nobody = LogId(uuid::Uuid::nil());
        self.state.evolve(&event, nobody, -1, self.now);
        self.events.push(event);
    }

    fn tell(&mut self, what: What) {
        self.push(PurchaseEvent::of(what));
    }
}

/// Decides an action that a side asks for. `exists`: the payee of a charge is a party of the book.
pub fn decide(
    state: &PurchaseState,
    action: &Action,
    by: Side,
    now: Instant,
    exists: &dyn Fn(PartyId) -> bool,
) -> Result<Vec<PurchaseEvent>, Refusal> {
    let order = state.order.as_deref().ok_or_else(|| Refusal::not_found("purchase"))?;
    if !may(by, action.word(), order.pays) {
        let why = "another side of the purchase, or the book, records this";
        return Err(Refusal::new(Class::Forbidden, "not_this_side", why));
    }
    if state.phase().is_off() && !is_open(state, action.word()) {
        return Err(Refusal::conflict("purchase_off", "this purchase was called off"));
    }
    let mut draft = Draft {
        order,
        state: state.clone(),
        now,
        events: Vec::new(),
    };
    match action {
        Action::Pay { amount, reference } => pay(&mut draft, *amount, reference)?,
        Action::Repay { amount, reference } => repay(&mut draft, *amount, reference)?,
        Action::Freight { amount, reason } => freight(&mut draft, *amount, reason.as_deref())?,
        Action::Ship { units, tracking } => {
            let units = moved(units, &draft.state.to_ship())?;
            draft.tell(What::Shipped {
                units,
                tracking: tracking.clone(),
            });
        }
        Action::Receive { units } => {
            let units = moved(units, &draft.state.to_receive())?;
            draft.tell(What::Received { units });
        }
        Action::Reject { units, reason } => reject(&mut draft, units, reason)?,
        Action::Refund(asked) => {
            if draft.state.paid.is_zero() {
                return Err(Refusal::conflict(
                    "not_paid",
                    "nothing was paid yet: cancel it, or change its freight",
                ));
            }
            let refund = refunds::by_supplier(order, &draft.state, asked)?;
            let legs = money::bought(order, refunds::total(&refund)?.negated()?)?;
            draft.push(PurchaseEvent::of(What::Refunded(refund)).moving(legs));
        }
        Action::BuyerRefund(asked) => {
            if draft.state.sold.is_none() {
                return Err(Refusal::conflict(
                    "not_sold",
                    "only a dropship order has a buyer to refund",
                ));
            }
            let refund = refunds::to_buyer(order, &draft.state, asked)?;
            let legs = money::sold(order, refunds::total(&refund)?.negated()?)?;
            draft.push(PurchaseEvent::of(What::BuyerRefunded(refund)).moving(legs));
        }
        Action::Charge { .. } => charge(&mut draft, action, exists)?,
        Action::Bill { .. } => bill(&mut draft, action)?,
        Action::State { track, code, number } => stated(&mut draft, *track, code, number.clone())?,
        Action::Cancel { cause, reason } => cancel(&mut draft, *cause, reason.clone())?,
        Action::Finish => finish(&mut draft)?,
    }
    // What the rows and views of it sum must stay in range.
    draft.state.payable()?;
    draft.state.line_margins()?;
    Ok(draft.events)
}

fn note(pointer: &'static str, text: Option<&str>) -> Result<(), Refusal> {
    let long = text.is_some_and(|text| text.chars().count() > LONGEST_NOTE || text.contains('\0'));
    let mut wrong = Wrong::default();
    wrong.when(long, pointer, "text_length", "a note is at most 1,000 characters");
    wrong.check()
}

fn new_reference(draft: &Draft<'_>, reference: &ExternalId) -> Result<(), Refusal> {
    match draft.state.references.contains(reference.as_str()) {
        true => Err(refunds::reference_known()),
        false => Ok(()),
    }
}

/// An amount told, or all there is; positive and no more than that.
fn part(told: Option<Minor>, whole: Minor, why: &str) -> Result<Minor, Refusal> {
    let amount = told.unwrap_or(whole);
    if told.is_some() && amount <= Minor::ZERO {
        return Err(Refusal::invalid("amount_not_positive", "an amount of more than nothing").at("/amount"));
    }
    if amount <= Minor::ZERO || amount > whole {
        return Err(Refusal::conflict("more_than_owed", why.to_owned()).at("/amount"));
    }
    Ok(amount)
}

fn pay(draft: &mut Draft<'_>, told: Option<Minor>, reference: &ExternalId) -> Result<(), Refusal> {
    new_reference(draft, reference)?;
    let owed = draft.state.payable()?;
    let why = format!(
        "{} is owed to the supplier",
        owed.max(Minor::ZERO).display(draft.order.currency)
    );
    let amount = part(told, owed, &why)?;
    let legs = money::paid(draft.order, amount)?;
    let reference = reference.clone();
    draft.push(PurchaseEvent::of(What::Paid { amount, reference }).moving(legs));
    Ok(())
}

fn repay(draft: &mut Draft<'_>, told: Option<Minor>, reference: &ExternalId) -> Result<(), Refusal> {
    new_reference(draft, reference)?;
    let owes = draft.state.payable()?.negated()?;
    let why = format!(
        "the supplier owes {}",
        owes.max(Minor::ZERO).display(draft.order.currency)
    );
    let amount = part(told, owes, &why)?;
    let legs = money::paid(draft.order, amount.negated()?)?;
    let reference = reference.clone();
    draft.push(PurchaseEvent::of(What::Repaid { amount, reference }).moving(legs));
    Ok(())
}

fn freight(draft: &mut Draft<'_>, after: Minor, reason: Option<&str>) -> Result<(), Refusal> {
    note("/reason", reason)?;
    let before = draft.state.freight;
    if after < draft.state.freight_refunded {
        let why = "freight is not negative, and not below what was refunded of it";
        return Err(Refusal::invalid("amount_negative", why).at("/amount"));
    }
    if after == before {
        return Err(Refusal::conflict("nothing_changes", "this is the freight already").at("/amount"));
    }
    let legs = money::bought(draft.order, after.minus(before)?)?;
    let reason = reason.map(str::to_owned);
    draft.push(PurchaseEvent::of(What::FreightChanged { before, after, reason }).moving(legs));
    Ok(())
}

/// Units told, or all there are; each line once and no more than it has.
fn moved(told: &[Units], left: &[u32]) -> Result<Vec<Units>, Refusal> {
    let all = left.iter().zip(0_u32..).filter(|(units, _)| **units > 0);
    if told.is_empty() {
        let all: Vec<Units> = all.map(|(units, line)| Units { line, units: *units }).collect();
        return match all.is_empty() {
            true => Err(Refusal::conflict("nothing_left", "nothing is left for that")),
            false => Ok(all),
        };
    }
    let mut wrong = Wrong::default();
    for (n, one) in told.iter().enumerate() {
        let at = |field: &str| format!("/units/{n}/{field}");
        let known = told.iter().take(n).all(|before| before.line != one.line);
        match left
            .get(usize::try_from(one.line).unwrap_or(usize::MAX))
            .filter(|_| known)
        {
            None => wrong.add(at("line"), "line_unknown", "no such line, or named twice"),
            Some(left) if one.units == 0 || one.units > *left => {
                wrong.add(at("units"), "units_exceed", "1 unit to what is left of this line");
            }
            Some(_) => {}
        }
    }
    wrong.check()?;
    Ok(told.to_vec())
}

fn reject(draft: &mut Draft<'_>, units: &[Units], reason: &str) -> Result<(), Refusal> {
    let mut wrong = Wrong::default();
    wrong.reason("/reason", reason);
    wrong.check()?;
    let units = moved(units, &draft.state.good())?;
    draft.tell(What::Rejected {
        units,
        reason: reason.trim().to_owned(),
    });
    Ok(())
}

fn charge(draft: &mut Draft<'_>, action: &Action, exists: &dyn Fn(PartyId) -> bool) -> Result<(), Refusal> {
    let Action::Charge {
        charge,
        amount,
        payee,
        note: words,
    } = action
    else {
        return Ok(());
    };
    note("/note", words.as_deref())?;
    if payee.is_some_and(|payee| !exists(payee)) {
        return Err(Refusal::not_found("party").at("/payee"));
    }
    if payee.is_some() && *payee == draft.order.buyer {
        return Err(Refusal::invalid("same_account", "a charge goes to somebody else").at("/payee"));
    }
    let same = |one: &&super::state::Charge| (one.charge, one.payee) == (*charge, *payee);
    let stands = draft
        .state
        .charges
        .iter()
        .find(same)
        .map_or(Minor::ZERO, |one| one.amount);
    if amount.is_zero() || stands.plus(*amount)? < Minor::ZERO {
        let why = "a charge is of something, and no more of it is taken back than stands";
        return Err(Refusal::invalid("amount_negative", why).at("/amount"));
    }
    let legs = money::charged(draft.order, *charge, *payee, *amount)?;
    let what = What::Charged {
        charge: *charge,
        amount: *amount,
        payee: *payee,
        note: words.clone(),
    };
    draft.push(PurchaseEvent::of(what).moving(legs));
    Ok(())
}

fn bill(draft: &mut Draft<'_>, action: &Action) -> Result<(), Refusal> {
    let Action::Bill {
        number,
        goods,
        freight,
        correct,
    } = action
    else {
        return Ok(());
    };
    let mut wrong = Wrong::default();
    wrong.when(
        *goods < Minor::ZERO,
        "/goods",
        "amount_negative",
        "a bill is not negative",
    );
    wrong.when(
        *freight < Minor::ZERO,
        "/freight",
        "amount_negative",
        "a bill is not negative",
    );
    wrong.check()?;
    let accrued = draft.state.cost()?;
    let difference = goods.plus(*freight)?.minus(accrued)?;
    let correction = if *correct { difference } else { Minor::ZERO };
    let legs = money::bought(draft.order, correction)?;
    let what = What::Billed {
        number: number.clone(),
        goods: *goods,
        freight: *freight,
        accrued,
        correction,
    };
    draft.push(PurchaseEvent::of(what).moving(legs));
    Ok(())
}

/// A code ships, receives and ends what is left; it calls off only what nobody paid.
fn stated(draft: &mut Draft<'_>, track: Track, code: &str, number: Option<ExternalId>) -> Result<(), Refusal> {
    let code = code.trim();
    if code.is_empty() || code.chars().count() > 100 || code.chars().any(char::is_control) {
        return Err(Refusal::invalid("word_form", "a code has 1 to 100 characters").at("/code"));
    }
    let means = meaning(track, code);
    draft.tell(What::Stated {
        track,
        code: code.to_owned(),
        means,
        number,
    });
    let off = draft.state.phase().is_off();
    match means.filter(|_| track != Track::Refund && !off) {
        Some(Means::Shipped) => ship_rest(draft),
        Some(Means::Received) => receive_rest(draft),
        Some(Means::Done) => {
            receive_rest(draft);
            if draft.state.ended.is_none() {
                draft.tell(What::Done);
            }
        }
        Some(Means::Cancelled) if draft.state.paid.is_zero() && is_open(&draft.state, "cancel") => {
            cancel(draft, Cause::Other, Some(code.to_owned()))?;
        }
        _ => {}
    }
    Ok(())
}

fn ship_rest(draft: &mut Draft<'_>) {
    if let Ok(units) = moved(&[], &draft.state.to_ship()) {
        draft.tell(What::Shipped { units, tracking: None });
    }
}

fn receive_rest(draft: &mut Draft<'_>) {
    ship_rest(draft);
    if let Ok(units) = moved(&[], &draft.state.to_receive()) {
        draft.tell(What::Received { units });
    }
}

fn cancel(draft: &mut Draft<'_>, cause: Cause, reason: Option<String>) -> Result<(), Refusal> {
    note("/reason", reason.as_deref())?;
    if !is_open(&draft.state, "cancel") {
        return Err(Refusal::conflict(
            "shipped_already",
            "goods were sent: what comes back is refunded",
        ));
    }
    let amount = draft.state.cost()?;
    let legs = money::bought(draft.order, amount.negated()?)?;
    draft.push(PurchaseEvent::of(What::Cancelled { cause, reason, amount }).moving(legs));
    Ok(())
}

fn finish(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if !is_open(&draft.state, "finish") {
        return Err(Refusal::conflict("purchase_over", "the purchase is at its end already"));
    }
    draft.tell(What::Done);
    Ok(())
}

/// Timers that are due.
pub fn due(state: &PurchaseState, now: Instant) -> Vec<(TimerId, Instant)> {
    state.timer.into_iter().filter(|(_, due)| *due <= now).collect()
}

/// What the firing of the deadline comes to; nothing when it is not running.
///
/// INVARIANT: the deadline runs only while nothing is paid and nothing is sent, so all of it can be called off.
pub fn fire(state: &PurchaseState, timer: TimerId, due: Instant) -> Result<Option<PurchaseEvent>, Refusal> {
    let Some(order) = state.order.as_deref().filter(|_| state.timer == Some((timer, due))) else {
        return Ok(None);
    };
    let amount = state.cost()?;
    let legs = money::bought(order, amount.negated()?)?;
    let mut event = PurchaseEvent::of(What::TimedOut { amount }).moving(legs);
    event.fired = Some(timer);
    Ok(Some(event))
}
