//! Attribution: the platform's own word, else the last click in the window, same item before same shop (domain.md 2.9).
//! Must never let log position decide between two clicks: their own time does, then the source's number (decision A7).

use super::Target;
use crate::base::PartyId;
use crate::domain::click::Click;
use crate::domain::order::{About, Attribution, Basis, Pin, Scope};

type Found<'a> = (Attribution, Option<&'a Click>);

/// Who promoted the line, with the winning click. `placed`: whose the placement is that the row names.
pub(super) fn find<'a>(
    about: &About,
    target: &Target,
    window: i64,
    clicks: &'a [Click],
    placed: Option<PartyId>,
) -> Found<'a> {
    let named = |basis, party| Attribution {
        basis,
        party: Some(party),
        click: None,
        clicked_at: None,
        scope: None,
    };
    if let Some(promoter) = about.promoter {
        return (named(Basis::Platform, promoter), None);
    }
    if let Some(party) = placed {
        return (named(Basis::Placement, party), None);
    }
    match last(target, window, clicks) {
        Some((click, scope)) => (by(click, scope, target), Some(click)),
        None => {
            let nobody = Attribution {
                basis: Basis::None,
                party: None,
                click: None,
                clicked_at: None,
                scope: None,
            };
            (nobody, None)
        }
    }
}

/// The late click as winner; none when the platform named a promoter, or when another click or the old one beats it.
pub(super) fn late<'a>(
    about: &About,
    target: &Target,
    window: i64,
    clicks: &'a [Click],
    late: &'a Click,
    old: &Pin,
) -> Option<Found<'a>> {
    if about.promoter.is_some() || old.attribution.basis == Basis::Placement {
        return None;
    }
    let id = late.id(target.book);
    let (winner, scope) = last(target, window, clicks.iter().chain([late]))?;
    if winner.id(target.book) != id {
        return None;
    }
    let held = &old.attribution;
    let beaten = match (held.scope, held.clicked_at, held.click) {
        // The old click stood in the same search above.
        (_, _, Some(click)) if clicks.iter().any(|known| known.id(target.book) == click) => false,
        (Some(held_scope), Some(at), Some(click)) => {
            (nearness(held_scope), at, click) >= (nearness(scope), late.at, id)
        }
        _ => false,
    };
    (!beaten).then(|| (by(late, scope, target), Some(late)))
}

fn by(click: &Click, scope: Scope, target: &Target) -> Attribution {
    Attribution {
        basis: Basis::Click,
        party: Some(click.promoter),
        click: Some(click.id(target.book)),
        clicked_at: Some(click.at),
        scope: Some(scope),
    }
}

/// The winning click: inside `[order - window, order)`, nearest scope first, then the latest.
fn last<'a>(target: &Target, window: i64, clicks: impl IntoIterator<Item = &'a Click>) -> Option<(&'a Click, Scope)> {
    let from = target.at.plus_seconds(window.saturating_neg());
    clicks
        .into_iter()
        .filter(|click| from <= click.at && click.at < target.at)
        .filter_map(|click| Some((click, scope(click, target)?)))
        .max_by_key(|(click, scope)| (nearness(*scope), click.at, click.tie(target.book)))
}

fn scope(click: &Click, target: &Target) -> Option<Scope> {
    if target.item.is_some() && click.item(target.book) == target.item {
        Some(Scope::SameItem)
    } else if target.shop.is_some() && click.shop(target.book) == target.shop {
        Some(Scope::SameShop)
    } else {
        None
    }
}

fn nearness(scope: Scope) -> u8 {
    match scope {
        Scope::SameItem => 1,
        Scope::SameShop => 0,
    }
}
