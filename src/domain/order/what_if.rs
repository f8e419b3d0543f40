//! What if 试算: the pin that a line would have had under other rates, a drafted rule, or other shares of agency contracts.
//! Must never choose a promoter anew, nor a rule by what was scarce: attribution, first N and budgets stay as they were.
//!
//! A drafted rule is open to everyone. It is taken where it covers the line and its level is that of the rule that won, or
//! a better one: it would be the later of two. A line that earned nothing has no contracts pinned, and cannot be priced.

use std::collections::BTreeMap;

use super::pin::{Keeps, Pin, RateTerms, RuleChoice};
use crate::base::{ItemId, PartyId, RuleId, ShopId};
use crate::money::Rate;

/// What a drafted rule covers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Covers {
    /// One item.
    Item(ItemId),
    /// Every item of a shop.
    Shop(ShopId),
    /// One category of a shop.
    Category(ShopId, String),
}

/// Kinds of rules that are open to everyone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenKind {
    /// 营销计划
    Marketing,
    /// 自选计划
    SelfSelect,
    /// 通用计划
    General,
}

/// A rule that does not exist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftRule {
    /// What it covers.
    pub covers: Covers,
    /// Its kind, which says what it goes before.
    pub kind: OpenKind,
    /// Its rate.
    pub rate: Rate,
}

/// What would be otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Draft {
    /// Rates of standing rules.
    pub rates: BTreeMap<RuleId, Rate>,
    /// Further rules.
    pub rules: Vec<DraftRule>,
    /// What the upper party of a contract keeps, by member and upper.
    pub shares: BTreeMap<(PartyId, PartyId), Rate>,
}

/// What became of a line.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    /// Nothing is otherwise.
    Same,
    /// It would have been pinned so.
    Changed(Box<Pin>),
    /// It earned nothing, and might have.
    Unpriced,
}

impl DraftRule {
    /// Its level among rules (domain.md 2.7); smaller goes before.
    fn level(&self) -> u8 {
        match (self.kind, &self.covers) {
            (OpenKind::Marketing, _) => 6,
            (OpenKind::SelfSelect, _) => 7,
            (OpenKind::General, Covers::Item(_)) => 8,
            (OpenKind::General, Covers::Shop(_) | Covers::Category(..)) => 9,
        }
    }

    fn covers(&self, pin: &Pin) -> bool {
        let dims = &pin.dims;
        match &self.covers {
            Covers::Item(item) => dims.item == Some(*item),
            Covers::Shop(shop) => dims.shop == Some(*shop),
            Covers::Category(shop, category) => dims.shop == Some(*shop) && dims.category.as_ref() == Some(category),
        }
    }
}

/// The pin of a line under a draft.
pub fn what_if(pin: &Pin, draft: &Draft) -> Outcome {
    let drafted = (draft.rules.iter())
        .filter(|rule| rule.covers(pin))
        .map(|rule| (rule.level(), rule.rate))
        .min_by_key(|(level, _)| *level);
    let (Some(terms), Some(rule)) = (&pin.terms, &pin.rule) else {
        let might = drafted.is_some() && pin.attribution.party.is_some() && !pin.waits();
        return if might { Outcome::Unpriced } else { Outcome::Same };
    };
    if terms.as_reported {
        // The platform's own figures: no rule of the book was asked.
        return shared(pin, pin.clone(), draft);
    }
    let mut other = pin.clone();
    if let Some((level, rate)) = drafted.filter(|(level, _)| *level <= rule.level) {
        other.rule = Some(RuleChoice {
            rule: RuleId(uuid::Uuid::nil()),
            version: 0,
            level,
            rate: RateTerms::Flat(rate),
            cap: None,
        });
    } else if let Some(rate) = draft.rates.get(&rule.rule) {
        other.rule = Some(RuleChoice {
            rate: RateTerms::Flat(*rate),
            ..rule.clone()
        });
    }
    shared(pin, other, draft)
}

/// The shares of contracts in its chain.
fn shared(pin: &Pin, mut other: Pin, draft: &Draft) -> Outcome {
    if let Some(terms) = &mut other.terms {
        let below: Vec<PartyId> = terms.chain.iter().skip(1).map(|hop| hop.party).collect();
        for (hop, member) in terms.chain.iter_mut().zip(below) {
            if let Some(keeps) = draft.shares.get(&(member, hop.party)) {
                hop.keeps = Keeps::Share(*keeps);
            }
        }
    }
    match other == *pin {
        true => Outcome::Same,
        false => Outcome::Changed(Box::new(other)),
    }
}

/// The pin's lines give a provisional share only: a contract in its chain has tiers on the month.
pub fn has_tiers(pin: &Pin) -> bool {
    let chain = pin.terms.iter().flat_map(|terms| &terms.chain);
    chain
        .filter_map(|hop| hop.formula.as_deref())
        .any(|formula| formula.tiers_in.is_some())
}
