//! Facts, late clicks and timers: the line's decisions joined with pricing and with the counters of limited rules.
//! Must never refuse a fact.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Scribe, returns, shares};
use crate::base::{
    BookId, ExternalId, Instant, ItemId, LineId, PartyId, PlacementId, ResolutionId, RuleId, ShelfId, ShopId, TimerId,
    UsageId,
};
use crate::domain::book::BookState;
use crate::domain::catalogue::ItemState;
use crate::domain::click::Click;
use crate::domain::command::{FactOutcome, Made};
use crate::domain::event::Event;
use crate::domain::order::decide::{self, Desk, Heard, PinRequest};
use crate::domain::order::{FactState, LineEvent, LineFact, LineState, Pin, Reservation};
use crate::domain::parked::{self, ParkedResolved, Resolution};
use crate::domain::party::PartyState;
use crate::domain::placement::PlacementState;
use crate::domain::plan::{ShelfState, UsageEvent, UsageState};
use crate::domain::pricing::{self, Known};
use crate::domain::refusal::Refusal;
use crate::domain::stream::StreamId;
use crate::domain::world::{Placed, World};
use crate::money::{Currency, Minor, MoneyError};

/// Decides facts in the order told.
pub fn facts(facts: &[LineFact], scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let mut made = Made::default();
    for fact in facts {
        made.facts.push(hear(fact, scribe)?);
    }
    Ok(made)
}

/// Deals with parked facts: what is told for them first, then how they were dealt with, in one batch.
pub fn resolve(
    positions: &[i64],
    how: Resolution,
    reason: Option<&str>,
    told: &[LineFact],
    scribe: &mut Scribe<'_>,
) -> Result<Made, Refusal> {
    parked::check(how, reason, positions)?;
    let mut made = facts(told, scribe)?;
    let resolution = ResolutionId((scribe.fresh)());
    let resolved = ParkedResolved {
        resolution,
        how,
        reason: reason.map(str::to_owned),
        positions: positions.to_vec(),
        told: made.facts.iter().map(|fact| fact.position).collect(),
    };
    let now = scribe.now;
    scribe.record(resolution, now, Event::Resolution(resolved));
    made.ids.insert("resolution".to_owned(), resolution.to_string());
    Ok(made)
}

pub(super) fn hear(fact: &LineFact, scribe: &mut Scribe<'_>) -> Result<FactOutcome, Refusal> {
    let state = line(fact.line, scribe);
    let heard = at_desk(fact.line, &state, Some(&fact.platform), None, scribe, |desk| {
        decide::fact(&state, fact, desk)
    })?;
    match heard {
        Heard::Known(position) => {
            let known = state.facts().find(|kept| kept.position == position);
            Ok(FactOutcome {
                line: fact.line,
                state: known.map_or(FactState::Applied, |kept| kept.state),
                code: known.and_then(|kept| kept.code.clone()),
                replayed: true,
                position,
            })
        }
        Heard::New(event) => {
            let placed = record(fact.line, &state, fact.at, event, scribe)?;
            // What became of it is what was recorded: an account may have had no room for it.
            let after = line(fact.line, scribe);
            let kept = after.latest_fact();
            Ok(FactOutcome {
                line: fact.line,
                state: kept.map_or(FactState::Applied, |kept| kept.state),
                code: kept.and_then(|kept| kept.code.clone()),
                replayed: false,
                position: placed.position,
            })
        }
    }
}

/// Decides a late click. A click that wins nothing leaves nothing.
pub fn reattribute(line_id: LineId, click: &Click, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let state = line(line_id, scribe);
    if state.about().buyer.as_ref() != Some(&click.buyer) {
        return Ok(Made::default());
    }
    let id = click.id(scribe.book);
    let event = at_desk(line_id, &state, state.platform(), Some(click), scribe, |desk| {
        decide::reattribute(&state, id, click.at, desk)
    })?;
    if let Some(event) = event {
        record(line_id, &state, click.at, event, scribe)?;
    }
    Ok(Made::default())
}

/// Looks anew at lines that wait for a placement or a payer. One that waits on, or no longer waits, leaves nothing.
pub fn release(lines: &[LineId], scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    for line_id in lines {
        let state = line(*line_id, scribe);
        let Some(at) = state.at() else { continue };
        let event = at_desk(*line_id, &state, state.platform(), None, scribe, |desk| {
            decide::release(&state, desk)
        })?;
        if let Some(event) = event {
            record(*line_id, &state, at, event, scribe)?;
        }
    }
    Ok(Made::default())
}

/// Fires a timer of a line. One that is no longer pending has ended in its own event already and leaves nothing.
pub fn fire(line_id: LineId, timer: TimerId, due: Instant, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let state = line(line_id, scribe);
    let event = at_desk(line_id, &state, state.platform(), None, scribe, |desk| {
        decide::timer(&state, timer, due, desk)
    })?;
    if let Some(event) = event {
        record(line_id, &state, due, event, scribe)?;
    }
    Ok(Made::default())
}

fn line(line: LineId, scribe: &Scribe<'_>) -> Arc<LineState> {
    scribe.world.line(line).cloned().unwrap_or_default()
}

/// Runs one decision of a line with the book's time, currencies, periods and pricing at hand.
fn at_desk<T>(
    line: LineId,
    state: &LineState,
    platform: Option<&ExternalId>,
    late: Option<&Click>,
    scribe: &Scribe<'_>,
    decide: impl FnOnce(&mut Desk<'_>) -> T,
) -> Result<T, Refusal> {
    let world: &World = scribe.world;
    let book = world.book(scribe.book).ok_or_else(|| Refusal::not_found("book"))?;
    let view = View {
        world,
        book: scribe.book,
        own: held(state, world)?,
    };
    let clicks = scribe.clicks.get(&line).map_or(&[] as &[Click], Vec::as_slice);
    let mut price = |request: &PinRequest<'_>| -> Option<Pin> {
        pricing::pin(request, platform?, &view, clicks, late.zip(state.pin.as_deref()))
    };
    let mut desk = Desk {
        now: scribe.now,
        books: &|currency: Currency| book.opened.currencies.contains(&currency),
        cut_over: &|cutover| book.cut_over(cutover),
        cut_off: &|at| book.is_cut_off(at),
        price: &mut price,
    };
    Ok(decide(&mut desk))
}

/// Records a line's event, then what it gives the months of contracts with tiers, and what it took from limited rules or
/// gave back. Returns that name no order are judged anew when the command ends.
fn record(
    line_id: LineId,
    before: &LineState,
    occurred_at: Instant,
    event: LineEvent,
    scribe: &mut Scribe<'_>,
) -> Result<Placed, Refusal> {
    let stream = StreamId::from(line_id);
    let next = (stream, scribe.world.version(stream) + 1);
    let event = match scribe.unpostable.contains(&next) {
        true => event.without_effect(before.figures()),
        false => event,
    };
    let held_before = held(before, scribe.world)?;
    let placed = scribe.record(line_id, occurred_at, Event::Line(event));
    let after = line(line_id, scribe);
    let outer = scribe.causation.replace(placed.id);
    shares::count(line_id, (&before.accrued()?, &after.accrued()?), occurred_at, scribe)?;
    let held_after = held(&after, scribe.world)?;
    if held_before != held_after {
        use_up(line_id, (&held_before, &held_after), occurred_at, scribe)?;
    }
    scribe.causation = outer;
    returns::touch(line_id, before, scribe);
    Ok(placed)
}

/// Moves the counters of limited rules from what a line held to what it holds.
fn use_up(
    line_id: LineId,
    (before, after): (&Option<Held>, &Option<Held>),
    occurred_at: Instant,
    scribe: &mut Scribe<'_>,
) -> Result<(), Refusal> {
    let mut moves: BTreeMap<UsageId, (RuleId, Taken)> = BTreeMap::new();
    for (held, sign) in [(after, 1), (before, -1)] {
        for (usage, reservation) in held.iter().flat_map(Held::each) {
            let entry = moves.entry(usage).or_insert((reservation.rule, Taken::default()));
            entry.1.add(reservation, sign);
        }
    }
    for (usage, (rule, moved)) in moves {
        let used = scribe.world.usage(usage).map(|used| used.as_ref().clone());
        let event = moved.on_top_of(&used.unwrap_or_default(), usage, rule, line_id)?;
        if let Some(event) = event {
            scribe.record(usage, occurred_at, Event::Usage(event));
        }
    }
    Ok(())
}

/// What a line holds of a limited rule, and of the rule's cap inside the line's order.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Held {
    reservation: Reservation,
    order: Option<UsageId>,
}

impl Held {
    fn each(&self) -> impl Iterator<Item = (UsageId, &Reservation)> {
        let whole = UsageId::of_rule(self.reservation.rule);
        [Some(whole), self.order]
            .into_iter()
            .flatten()
            .map(|usage| (usage, &self.reservation))
    }
}

fn held(state: &LineState, world: &World) -> Result<Option<Held>, MoneyError> {
    let Some(pin) = state.pin.as_deref() else {
        return Ok(None);
    };
    let Some(rule) = pin.rule.as_ref().filter(|_| pin.reservation.is_some()) else {
        return Ok(None);
    };
    let shelves = [pin.dims.item.map(ShelfId::of_item), pin.dims.shop.map(ShelfId::of_shop)];
    let mut rules = shelves
        .into_iter()
        .flatten()
        .filter_map(|shelf| world.shelf(shelf)?.rule(rule.rule));
    let terms = rules.find_map(|found| found.versions.iter().find(|version| version.number == rule.version));
    let give_back = terms.is_some_and(|version| version.terms.give_back);
    let order_no = state.pinned_about().order_no.as_ref().filter(|_| rule.cap.is_some());
    let order = order_no
        .zip(state.platform())
        .map(|(no, platform)| UsageId::of_order(rule.rule, platform.as_str(), no.as_str()));
    let reservation = state.reserved(give_back)?;
    Ok(reservation.map(|reservation| Held { reservation, order }))
}

/// A change of a counter.
#[derive(Default)]
struct Taken {
    units: i64,
    gross: i128,
    volume: i128,
}

impl Taken {
    fn add(&mut self, reservation: &Reservation, sign: i8) {
        self.units += i64::from(sign) * i64::from(reservation.units);
        self.gross += i128::from(sign) * i128::from(reservation.gross.0);
        self.volume += i128::from(sign) * i128::from(reservation.volume.0);
    }

    /// The counter's next event, with the totals after it; nothing when nothing moves.
    fn on_top_of(
        &self,
        used: &UsageState,
        usage: UsageId,
        rule: RuleId,
        line: LineId,
    ) -> Result<Option<UsageEvent>, MoneyError> {
        if self.units == 0 && self.gross == 0 && self.volume == 0 {
            return Ok(None);
        }
        let total = |before: Minor, change: i128| {
            let after = i128::from(before.0) + change;
            i64::try_from(after).map(Minor).map_err(|_| MoneyError::OutOfRange)
        };
        Ok(Some(UsageEvent {
            usage,
            rule,
            line,
            units: used.units.saturating_add_signed(self.units),
            gross: total(used.gross, self.gross)?,
            volume: total(used.volume, self.volume)?,
        }))
    }
}

/// What pricing may see of the world: counters without what the line itself holds, because a new pin moves that.
struct View<'a> {
    world: &'a World,
    book: BookId,
    own: Option<Held>,
}

impl Known for View<'_> {
    fn book(&self) -> Option<&BookState> {
        self.world.book(self.book).map(Arc::as_ref)
    }

    fn item(&self, item: ItemId) -> Option<&ItemState> {
        self.world.item(item).map(Arc::as_ref)
    }

    fn brand(&self, shop: ShopId) -> Option<PartyId> {
        Some(self.world.shop(shop)?.registered.as_ref()?.brand)
    }

    fn shelf(&self, shelf: ShelfId) -> Option<&ShelfState> {
        self.world.shelf(shelf).map(Arc::as_ref)
    }

    fn party(&self, party: PartyId) -> Option<&PartyState> {
        self.world.party(party).map(Arc::as_ref)
    }

    fn placement(&self, placement: PlacementId) -> Option<&PlacementState> {
        self.world.placement(placement).map(Arc::as_ref)
    }

    fn usage(&self, usage: UsageId) -> UsageState {
        let mut used = self
            .world
            .usage(usage)
            .map(|used| used.as_ref().clone())
            .unwrap_or_default();
        for (_, own) in self.own.iter().flat_map(Held::each).filter(|(held, _)| *held == usage) {
            used.units = used.units.saturating_sub(u64::from(own.units));
            used.gross = Minor(used.gross.0.saturating_sub(own.gross.0));
            used.volume = Minor(used.volume.0.saturating_sub(own.volume.0));
        }
        used
    }
}
