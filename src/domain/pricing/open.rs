//! What a rule would give on goods that nobody has ordered yet: to anybody, or to one promoter.
//! Must never take from a limited rule, nor name a rule that is not open to who asks.

use super::candidates::{FIRST_EXCLUDED_LEVEL, Matched, matched};
use super::reserve::{rate_terms, shown};
use super::terms::terms;
use crate::base::{Instant, ItemId, PartyId, PartyKind, RuleId, ShopId};
use crate::domain::book::{Formula, FormulaBasis};
use crate::domain::order::split::split;
use crate::domain::order::{Hop, Keeps, RateTerms, RuleChoice};
use crate::domain::plan::{RuleScope, RuleState, ShelfState, Version};
use crate::money::{Currency, Minor, MoneyError, Rate};

/// What is sold, where, for how much.
#[derive(Clone, Copy, Debug)]
pub struct Goods<'a> {
    /// Item.
    pub item: ItemId,
    /// Its shop.
    pub shop: ShopId,
    /// Its category.
    pub category: Option<&'a str>,
    /// What a buyer pays.
    pub price: Minor,
    /// Of the price.
    pub currency: Currency,
    /// When.
    pub at: Instant,
}

/// What a unit would earn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Open {
    /// The rule that wins.
    pub rule: Option<RuleId>,
    /// Its version.
    pub version: u32,
    /// Its shown rate: of steps and tiers, that of the first.
    pub rate: Option<Rate>,
    /// Commission on the price.
    pub commission: Option<Minor>,
    /// What fees and subsidies leave of it to the takers.
    pub left: Option<Minor>,
    /// It ends after so many units, or so much commission: an order may come too late.
    pub limited: bool,
    /// A rule begins, changes or ends here next.
    pub until: Option<Instant>,
}

/// The rule that an order of this moment would take. `takers` are the promoter and those above it; none of them: anybody,
/// for whom rules that end after so many units or so much commission are left out, because nobody is sure of them.
pub fn open(
    takers: &[PartyId],
    goods: &Goods<'_>,
    shelves: &[&ShelfState],
    formula: Option<&Formula>,
) -> Result<Open, MoneyError> {
    let stranger = [PartyId::tagged(PartyKind::Anchor, uuid::Uuid::nil())];
    let anybody = takers.is_empty();
    let takers = if anybody { &stranger } else { takers };
    let rules: Vec<&RuleState> = shelves
        .iter()
        .flat_map(|shelf| &shelf.rules)
        .filter(|rule| covers(&rule.scope, goods) && rule.currency == goods.currency)
        .collect();
    let until = rules.iter().flat_map(|rule| turns(rule, goods.at)).min();
    let in_force = || rules.iter().filter_map(|rule| Some((*rule, rule.in_force(goods.at)?)));
    let live = in_force().filter(|(_, version)| !version.terms.paused);
    let excluded = live
        .clone()
        .any(|(rule, _)| rule.kind == crate::domain::plan::PlanKind::Exclusive);
    let wins = live
        .filter(|(_, version)| !(anybody && is_limited(version)))
        .filter_map(|(rule, version)| matched(rule, version, takers, goods.at))
        .filter(|candidate| !excluded || candidate.level < FIRST_EXCLUDED_LEVEL)
        .min_by_key(Matched::rank);
    let nothing = Open {
        until,
        ..Open::default()
    };
    let (Some(winner), Some(formula)) = (wins, formula) else {
        return Ok(nothing);
    };
    // What a platform will report nobody knows before the order.
    if formula.basis == FormulaBasis::AsReported {
        return Ok(nothing);
    }
    let first = rate_terms(&winner.version.terms.rates, Minor::ZERO, Minor::ZERO);
    let RateTerms::Flat(rate) = shown(first, formula) else {
        return Ok(nothing);
    };
    let choice = RuleChoice {
        rule: winner.rule.id,
        version: winner.version.number,
        level: winner.level,
        rate: RateTerms::Flat(rate),
        cap: winner.version.terms.cap_per_order,
    };
    let alone = Hop {
        party: takers.first().copied().unwrap_or(winner.rule.brand),
        keeps: Keeps::All,
        membership: None,
        direct: false,
        formula: None,
    };
    let terms = terms(formula, winner.rule.brand, vec![alone]);
    let split = split(&terms, &choice, goods.price)?;
    Ok(Open {
        rule: Some(winner.rule.id),
        version: winner.version.number,
        rate: Some(rate),
        commission: Some(split.gross),
        left: Some(split.distributable),
        limited: is_limited(winner.version),
        until,
    })
}

fn covers(scope: &RuleScope, goods: &Goods<'_>) -> bool {
    match scope {
        RuleScope::Item(item) => goods.item == *item,
        RuleScope::Shop(shop) => goods.shop == *shop,
        RuleScope::Category(shop, category) => goods.shop == *shop && goods.category == Some(category.as_str()),
    }
}

fn is_limited(version: &Version) -> bool {
    version.terms.first_n.is_some() || version.terms.budget.is_some()
}

/// Instants after `at` at which something about a rule changes.
fn turns(rule: &RuleState, at: Instant) -> impl Iterator<Item = Instant> {
    let of_versions = rule.versions.iter().flat_map(|version| {
        let terms = &version.terms;
        [Some(version.effective_from), Some(terms.from), terms.to]
    });
    let approvals = rule.approved.iter().map(|(_, from)| Some(*from));
    let all = of_versions.chain(approvals).chain([rule.ended_at]);
    all.flatten().filter(move |turn| *turn > at)
}
