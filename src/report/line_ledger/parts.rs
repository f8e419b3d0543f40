//! The amounts of one line by what they are: base, gross, each fee, subsidies, each taker's net, the merchant's debit.
//! Must never invent money: takers and merchants are what was posted, less what the split says are fees and subsidies, so
//! that the parts of a layer always add up to the line's legs.

use std::collections::BTreeMap;

use super::super::ReportError;
use crate::base::PartyId;
use crate::domain::order::{LineState, Role, Settleable, Step, split};
use crate::ledger::{AccountKind, Layer, Owner};
use crate::money::Minor;

/// What an amount is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Key {
    /// What commission was computed on.
    Base,
    /// Gross commission G.
    Gross,
    /// A fee with its taker; the content fee 内容场景专项服务费 is one by its name.
    Fee(String, PartyId),
    /// What a payer brings into the distributable; positive.
    Subsidy(PartyId),
    /// Net of a taker: available, frozen, held or paid directly.
    Taker(PartyId),
    /// What a merchant owes; negative.
    Merchant(PartyId),
    /// Taken from a taker, not yet given to the merchant.
    Due(PartyId),
    /// The book's own accounts.
    Book,
}

/// Amounts of a line in one layer; zeros are absent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Parts(BTreeMap<Key, Minor>);

impl Parts {
    fn add(&mut self, key: Key, amount: Minor) -> Result<(), ReportError> {
        let held = self.0.entry(key.clone()).or_default();
        *held = held.plus(amount)?;
        if held.is_zero() {
            self.0.remove(&key);
        }
        Ok(())
    }

    /// Adds all of another.
    pub fn gain(&mut self, other: &Parts) -> Result<(), ReportError> {
        other
            .0
            .iter()
            .try_for_each(|(key, amount)| self.add(key.clone(), *amount))
    }

    /// What is more in this than in another.
    pub fn less(&self, other: &Parts) -> Result<Parts, ReportError> {
        let mut parts = self.clone();
        for (key, amount) in &other.0 {
            parts.add(key.clone(), amount.negated()?)?;
        }
        Ok(parts)
    }

    /// Nothing at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sum of what a question is true of.
    pub fn sum(&self, of: impl Fn(&Key) -> bool) -> Result<Minor, ReportError> {
        let chosen = self.0.iter().filter(|(key, _)| of(key));
        Ok(Minor::sum(chosen.map(|(_, amount)| *amount))?)
    }

    /// True when there is an amount that a question is true of.
    pub fn has(&self, of: impl Fn(&Key) -> bool) -> bool {
        self.0.keys().any(of)
    }

    /// Every party in it.
    pub fn parties(&self) -> impl Iterator<Item = PartyId> {
        self.0.keys().filter_map(|key| match key {
            Key::Fee(_, party) | Key::Subsidy(party) | Key::Taker(party) | Key::Merchant(party) | Key::Due(party) => {
                Some(*party)
            }
            Key::Base | Key::Gross | Key::Book => None,
        })
    }
}

/// The parts of a layer as the line stands.
pub(super) fn standing(state: &LineState, layer: Layer) -> Result<Parts, ReportError> {
    let mut parts = Parts::default();
    for ((account, of), amount) in state.posted() {
        if *of != layer {
            continue;
        }
        let key = match (account.owner, account.kind) {
            (Owner::Book, _) => Key::Book,
            (Owner::Party(party), AccountKind::ClawbackDue) => Key::Due(party),
            (Owner::Party(party), AccountKind::Commission) => Key::Merchant(party),
            (Owner::Party(party), _) => Key::Taker(party),
        };
        parts.add(key, *amount)?;
    }
    let figures = state.figures();
    match layer {
        Layer::Settled => {
            if let Some(won) = figures.won_base {
                computed(state, won, Minor(1), &mut parts, |role| role != Role::Payer)?;
                parts.add(Key::Base, won)?;
            }
            if let Some(deducted) = figures.deducted_base {
                computed(state, deducted, Minor(1), &mut parts, |role| role == Role::Payer)?;
            }
        }
        Layer::Estimated => {
            if let Some(base) = figures.estimated_base {
                // Session by session what was used is no estimate any more.
                let used = figures.won_base.filter(|_| by_session(state)).unwrap_or_default();
                computed(state, base.plus(used)?, Minor(1), &mut parts, |_| true)?;
                if !used.is_zero() {
                    computed(state, used, Minor(-1), &mut parts, |_| true)?;
                }
                parts.add(Key::Base, base)?;
            }
        }
    }
    Ok(parts)
}

fn by_session(state: &LineState) -> bool {
    let terms = state.pin.as_ref().and_then(|pin| pin.terms.as_ref());
    terms.is_some_and(|terms| terms.settleable == Settleable::Fulfilment)
}

/// Names what the split of a base says are fees and subsidies, and takes it out of their parties' money. Gross comes with
/// the fees.
fn computed(
    state: &LineState,
    base: Minor,
    sign: Minor,
    parts: &mut Parts,
    wanted: impl Fn(Role) -> bool,
) -> Result<(), ReportError> {
    let Some((terms, rule)) = state
        .pin
        .as_ref()
        .and_then(|pin| Some((pin.terms.as_ref()?, pin.rule.as_ref()?)))
    else {
        return Ok(());
    };
    let split = split(terms, rule, base)?;
    let signed = |amount: Minor| if sign.0 < 0 { amount.negated() } else { Ok(amount) };
    if wanted(Role::Fee) {
        parts.add(Key::Gross, signed(split.gross)?)?;
    }
    for step in split.steps.iter().filter(|step| wanted(step.role)) {
        name(step, signed(step.amount)?, parts)?;
    }
    Ok(())
}

fn name(step: &Step<'_>, amount: Minor, parts: &mut Parts) -> Result<(), ReportError> {
    match step.role {
        Role::Fee => {
            parts.add(Key::Fee(step.name.to_owned(), step.party), amount)?;
            parts.add(Key::Taker(step.party), amount.negated()?)
        }
        Role::Payer => {
            // A brand brings it in its commission account, everybody else in one of its own.
            let from = match step.party.kind() {
                crate::base::PartyKind::Brand => Key::Merchant(step.party),
                _ => Key::Taker(step.party),
            };
            parts.add(Key::Subsidy(step.party), amount.negated()?)?;
            parts.add(from, amount.negated()?)
        }
        Role::Hop { .. } => Ok(()),
    }
}
