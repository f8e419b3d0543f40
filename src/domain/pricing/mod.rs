//! Pricing: an order, the clicks, the rules, the contracts and the formula of an instant give a pin.
//! Must never look anything up by itself, and must never read today's state for yesterday's instant.

use super::book::BookState;
use super::catalogue::ItemState;
use super::click::Click;
use super::order::Pin;
use super::order::decide::PinRequest;
use super::party::PartyState;
use super::plan::{ShelfState, UsageState};
use crate::base::{ExternalId, PartyId, ShopId, UsageId};

/// Read access to everything a pin may depend on; the world provides it.
pub trait Known {
    /// The book.
    fn book(&self) -> Option<&BookState>;
    /// An item.
    fn item(&self, item: crate::base::ItemId) -> Option<&ItemState>;
    /// Brand of a shop.
    fn brand(&self, shop: ShopId) -> Option<PartyId>;
    /// Rules on a shelf.
    fn shelf(&self, shelf: crate::base::ShelfId) -> Option<&ShelfState>;
    /// A party.
    fn party(&self, party: PartyId) -> Option<&PartyState>;
    /// What a limited rule has used.
    fn usage(&self, usage: UsageId) -> UsageState;
}

/// Pins a line: attribution, rule, contracts, formula, reservation.
/// `clicks` are the last click on the item and the last on the shop before the order (either may be missing);
/// `forced` is a late click that wins without search, with the formula of the old pin.
pub fn pin(
    request: &PinRequest<'_>,
    platform: &ExternalId,
    known: &dyn Known,
    clicks: &[Click],
    forced: Option<(&Click, &Pin)>,
) -> Option<Pin> {
    let _ = (request, platform, known, clicks, forced);
    None
}
