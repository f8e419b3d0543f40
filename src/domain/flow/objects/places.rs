//! Shops and items.
//! Must never hold a rule of a slice; only what joins them.

use std::sync::Arc;

use super::{exists, made, record};
use crate::base::{ItemId, ShopId};
use crate::domain::book::BookState;
use crate::domain::catalogue::{ItemListed, ShopRegistered, decide as catalogue};
use crate::domain::command::{Command, Made};
use crate::domain::event::Event;
use crate::domain::flow::Scribe;
use crate::domain::refusal::Refusal;

/// Decides a command about a shop or an item.
pub(super) fn decide(
    command: &Command,
    _book: &Arc<BookState>,
    scribe: &mut Scribe<'_>,
) -> Result<Option<Made>, Refusal> {
    match command {
        Command::RegisterShop {
            platform,
            shop_no,
            name,
            brand,
        } => {
            let shop = ShopId::of(scribe.book, platform.as_str(), shop_no.as_str());
            let registered = ShopRegistered {
                shop,
                platform: platform.clone(),
                shop_no: shop_no.clone(),
                name: name.clone(),
                brand: *brand,
            };
            let standing = scribe.world.shop(shop).map(AsRef::as_ref);
            if let Some(event) = catalogue::register_shop(standing, registered, exists(scribe, *brand))? {
                record(scribe, shop, Event::Shop(event));
            }
            Ok(Some(made([("shop", shop.to_string())])))
        }
        Command::ListItem {
            platform,
            item_no,
            title,
            shop_no,
            category,
            from,
        } => {
            let item = ItemId::of(scribe.book, platform.as_str(), item_no.as_str());
            let shop = ShopId::of(scribe.book, platform.as_str(), shop_no.as_str());
            let listed = ItemListed {
                item,
                platform: platform.clone(),
                item_no: item_no.clone(),
                title: title.clone(),
                shop,
                category: category.clone(),
                from: from.unwrap_or(scribe.now),
            };
            let standing = scribe.world.item(item).map(AsRef::as_ref);
            if let Some(event) = catalogue::list_item(standing, listed)? {
                record(scribe, item, Event::Item(event));
            }
            Ok(Some(made([("item", item.to_string()), ("shop", shop.to_string())])))
        }
        _ => Ok(None),
    }
}
