//! Pricing: an order, the clicks, the rules, the contracts and the formula of an instant give a pin.
//! Must never look anything up by itself, and must never read today's state for yesterday's instant.

mod attribution;
mod candidates;
mod open;
mod placement;
mod reserve;
mod terms;
#[cfg(test)]
mod tests;

use super::book::{BookState, Formula, FormulaBasis};
use super::catalogue::ItemState;
use super::click::Click;
use super::order::decide::PinRequest;
use super::order::pin::{Attribution, BEFORE_CUT_OVER, NO_CLICK, UNKNOWN_PAYER, UNKNOWN_PLACEMENT};
use super::order::{Basis, Dims, Pin};
use super::party::PartyState;
use super::placement::PlacementState;
use super::plan::{ShelfState, UsageState};
use crate::base::{BookId, ExternalId, FormulaId, Instant, ItemId, PartyId, PlacementId, ShopId, UsageId};

pub use open::{Goods, Open, open};
pub use placement::placement_numbers;

/// Read access to everything a pin may depend on; the world provides it.
pub trait Known {
    /// The book.
    fn book(&self) -> Option<&BookState>;
    /// An item.
    fn item(&self, item: ItemId) -> Option<&ItemState>;
    /// Brand of a shop.
    fn brand(&self, shop: ShopId) -> Option<PartyId>;
    /// Rules on a shelf.
    fn shelf(&self, shelf: crate::base::ShelfId) -> Option<&ShelfState>;
    /// A party.
    fn party(&self, party: PartyId) -> Option<&PartyState>;
    /// A placement.
    fn placement(&self, placement: PlacementId) -> Option<&PlacementState>;
    /// What a limited rule has used for other lines: what the line itself holds from an earlier pin is not in it,
    /// because a new pin moves the reservation.
    fn usage(&self, usage: UsageId) -> UsageState;
}

/// What is sold, where: the target of attribution and of rules.
struct Target {
    book: BookId,
    at: Instant,
    item: Option<ItemId>,
    shop: Option<ShopId>,
    category: Option<String>,
}

impl Target {
    /// What the line itself names wins over the item's listing at the pin instant.
    fn of(request: &PinRequest<'_>, platform: &ExternalId, known: &dyn Known, book: BookId) -> Target {
        let about = request.about;
        let item = about
            .item_no
            .as_ref()
            .map(|no| ItemId::of(book, platform.as_str(), no.as_str()));
        let listing = item
            .and_then(|item| known.item(item))
            .and_then(|item| item.listing(request.at));
        let named = about
            .shop_no
            .as_ref()
            .map(|no| ShopId::of(book, platform.as_str(), no.as_str()));
        Target {
            book,
            at: request.at,
            item,
            shop: named.or_else(|| listing.map(|listing| listing.shop)),
            category: about
                .category
                .clone()
                .or_else(|| listing.and_then(|listing| listing.category.clone())),
        }
    }
}

/// Pins a line: attribution, rule, contracts, formula, reservation. None only when no formula is in force.
///
/// `clicks` are the last click on the item and the last on the shop before the order (either may be missing).
/// `forced` is a late click with the old pin (decision A7): the formula stays, all else is chosen anew among what was in
/// force at the pin instant; a click that does not win gives the old pin back.
pub fn pin(
    request: &PinRequest<'_>,
    platform: &ExternalId,
    known: &dyn Known,
    clicks: &[Click],
    forced: Option<(&Click, &Pin)>,
) -> Option<Pin> {
    let book = known.book()?;
    if let Some(agreed) = request.agreed {
        let target = Target::of(request, platform, known, book.opened.book);
        return Some(agreed.pin(request.at, request.payable, dims(request, &target, None, None)));
    }
    if book.is_before_cut_over(platform, request.about.account.as_ref(), request.at) {
        let target = Target::of(request, platform, known, book.opened.book);
        return Some(before_cut_over(request, dims(request, &target, None, None)));
    }
    let formula = match forced {
        Some((_, old)) => book.formula_version(old.formula, old.formula_version)?,
        None => book.formula(platform, request.at)?,
    };
    let target = Target::of(request, platform, known, book.opened.book);
    let window = formula.terms.window_seconds;
    let placed = placement::holder(request.about, platform, &target, known);
    let found = match forced {
        Some((click, old)) => match attribution::late(request.about, &target, window, clicks, click, old) {
            Some(found) => found,
            None => return Some(old.clone()),
        },
        None => attribution::find(
            request.about,
            &target,
            window,
            clicks,
            placed.as_ref().map(|(party, _)| *party),
        ),
    };
    let (attribution, click) = found;
    let roster = placed
        .filter(|_| attribution.basis == Basis::Placement)
        .and_then(|(_, room)| room);
    let mut pin = Pin {
        at: request.at,
        payable: request.payable,
        dims: dims(request, &target, click, roster),
        formula: formula.id,
        formula_version: formula.version,
        rule: None,
        why_nothing: None,
        lost: Vec::new(),
        lost_more: Default::default(),
        terms: None,
        reservation: None,
        brought_over: None,
        attribution,
    };
    let as_reported = formula.terms.basis == FormulaBasis::AsReported;
    let Some(promoter) = pin.attribution.party else {
        pin.why_nothing = Some(if as_reported { UNKNOWN_PLACEMENT } else { NO_CLICK }.to_owned());
        return Some(pin);
    };
    if known.party(promoter).is_none() {
        pin.why_nothing = Some("unknown_promoter".to_owned());
        return Some(pin);
    }
    earn(&mut pin, promoter, request, platform, &target, &formula.terms, known);
    Some(pin)
}

/// What the promoter earns, or why nothing: by the platform's own figures, or by the rule that wins.
fn earn(
    pin: &mut Pin,
    promoter: PartyId,
    request: &PinRequest<'_>,
    platform: &ExternalId,
    target: &Target,
    formula: &Formula,
    known: &dyn Known,
) {
    let chain = terms::chain(promoter, request.at, known);
    if formula.basis == FormulaBasis::AsReported {
        let brand = target.shop.and_then(|shop| known.brand(shop));
        match formula.payer.or(brand) {
            Some(payer) => pin.terms = Some(terms::terms(formula, payer, chain)),
            None => pin.why_nothing = Some(UNKNOWN_PAYER.to_owned()),
        }
        return;
    }
    let takers: Vec<PartyId> = chain.iter().rev().map(|hop| hop.party).collect();
    let outcome = candidates::choose(&takers, target, request, platform, known, formula);
    (pin.lost, pin.lost_more) = (outcome.lost, outcome.lost_more);
    pin.why_nothing = outcome.why_nothing.map(str::to_owned);
    if let Some((brand, taken)) = outcome.taken {
        pin.terms = Some(terms::terms(formula, brand, chain));
        pin.rule = Some(taken.choice);
        pin.reservation = taken.reservation;
    }
}

/// A line of the books before: it earns nothing here until it is brought over.
fn before_cut_over(request: &PinRequest<'_>, dims: Dims) -> Pin {
    Pin {
        at: request.at,
        payable: request.payable,
        attribution: Attribution {
            basis: Basis::None,
            party: None,
            click: None,
            clicked_at: None,
            scope: None,
        },
        dims,
        formula: FormulaId(uuid::Uuid::nil()),
        formula_version: 0,
        rule: None,
        why_nothing: Some(BEFORE_CUT_OVER.to_owned()),
        lost: Vec::new(),
        lost_more: Default::default(),
        terms: None,
        reservation: None,
        brought_over: None,
    }
}

/// Dimensions: what the platform names, else what the winning click carried, or the room whose roster gave the promoter.
fn dims(request: &PinRequest<'_>, target: &Target, click: Option<&Click>, roster: Option<ExternalId>) -> Dims {
    let about = request.about;
    Dims {
        item: target.item,
        shop: target.shop,
        category: target.category.clone(),
        room: about
            .room
            .clone()
            .or_else(|| click.and_then(|click| click.room.clone()))
            .or(roster),
        show: about
            .show
            .clone()
            .or_else(|| click.and_then(|click| click.show.clone())),
        source: click.and_then(|click| click.traffic.clone()),
        phase: click.and_then(|click| click.phase.clone()),
        segment: click.and_then(|click| click.segment.clone()),
    }
}
