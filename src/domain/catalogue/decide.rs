//! Decisions about items and shops.
//! Must never need an item's shop to be registered: lines name shops that nobody registered.

use super::{ItemListed, ItemState, ShopRegistered, ShopState};
use crate::base::PartyKind;
use crate::domain::refusal::{Refusal, Wrong};

/// Registers a shop or changes its registration; the same again is no event.
pub fn register_shop(
    standing: Option<&ShopState>,
    registered: ShopRegistered,
    brand_exists: bool,
) -> Result<Option<ShopRegistered>, Refusal> {
    if registered.brand.kind() != PartyKind::Brand {
        return Err(Refusal::invalid("party_kind", "a brand answers for a shop").at("/brand"));
    }
    if !brand_exists {
        return Err(Refusal::not_found("party").at("/brand"));
    }
    let same = standing.and_then(|shop| shop.registered.as_ref()) == Some(&registered);
    Ok((!same).then_some(registered))
}

/// Lists an item from an instant on; the same again is no event.
pub fn list_item(standing: Option<&ItemState>, listed: ItemListed) -> Result<Option<ItemListed>, Refusal> {
    let mut wrong = Wrong::default();
    let unfit = |text: &String| text.is_empty() || text.chars().count() > 200 || text.chars().any(char::is_control);
    wrong.when(
        listed.category.as_ref().is_some_and(unfit),
        "/category",
        "text_length",
        "a category is 1 to 200 characters without control characters",
    );
    wrong.check()?;
    let same = standing.and_then(|item| item.listings.last()) == Some(&listed);
    Ok((!same).then_some(listed))
}
