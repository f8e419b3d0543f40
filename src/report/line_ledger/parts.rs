//! The amounts of one line by what they are: base, gross, each fee, subsidies, each taker's net, the merchant's debit.
//! Must never invent money: takers and merchants are what was posted, less what the split says are fees and subsidies, so
//! that the parts of a layer always add up to the line's legs.

use std::collections::BTreeMap;

use super::super::ReportError;
use crate::base::{PartyId, PartyKind};
use crate::domain::order::target::split_behind;
use crate::domain::order::{LineState, Role, Settleable};
use crate::ledger::{Account, AccountKind, Layer, Owner};
use crate::money::{Minor, MoneyError};

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
    let merchant = merchant(state);
    for ((account, of), amount) in state.posted() {
        if *of == layer {
            parts.add(key(account, merchant), *amount)?;
        }
    }
    let figures = state.figures();
    let plus = |amount: Minor| Ok(amount);
    match layer {
        Layer::Settled => {
            if let Some(won) = figures.won_base {
                // Session by session the estimate is what stands behind every session.
                computed(state, (won, by_session(state)), &mut parts, plus, |role| {
                    role != Role::Payer
                })?;
                parts.add(Key::Base, won)?;
            }
            if let Some(deducted) = figures.deducted_base {
                computed(state, (deducted, by_session(state)), &mut parts, plus, |role| {
                    role == Role::Payer
                })?;
            }
        }
        Layer::Estimated => {
            if let Some(base) = figures.estimated_base {
                // What was used of it is no estimate any more.
                let used = figures.won_base.filter(|_| by_session(state)).unwrap_or_default();
                computed(state, (base.plus(used)?, true), &mut parts, plus, |_| true)?;
                if !used.is_zero() {
                    computed(state, (used, true), &mut parts, Minor::negated, |_| true)?;
                }
                parts.add(Key::Base, base)?;
            }
        }
    }
    Ok(parts)
}

fn merchant(state: &LineState) -> Option<PartyId> {
    let terms = state.pin.as_ref().and_then(|pin| pin.terms.as_ref());
    terms.map(|terms| terms.merchant)
}

/// What the money of an account is. Who owes the commission of the line need not be a brand: a platform clears it.
fn key(account: &Account, merchant: Option<PartyId>) -> Key {
    let Owner::Party(party) = account.owner else {
        return Key::Book;
    };
    let owes = merchant == Some(party) && payer(party) == account.kind;
    match account.kind {
        AccountKind::ClawbackDue => Key::Due(party),
        AccountKind::Commission => Key::Merchant(party),
        _ if owes => Key::Merchant(party),
        _ => Key::Taker(party),
    }
}

/// In which account a party pays.
fn payer(party: PartyId) -> AccountKind {
    match party.kind() {
        PartyKind::Brand => AccountKind::Commission,
        PartyKind::Platform => AccountKind::Clearing,
        _ => AccountKind::Available,
    }
}

fn by_session(state: &LineState) -> bool {
    let terms = state.pin.as_ref().and_then(|pin| pin.terms.as_ref());
    terms.is_some_and(|terms| terms.settleable == Settleable::Fulfilment)
}

/// Names what the split of a base (of the estimate or not) says are fees and subsidies, and takes it out of their
/// parties' money. Gross comes with the fees.
fn computed(
    state: &LineState,
    base: (Minor, bool),
    parts: &mut Parts,
    signed: impl Fn(Minor) -> Result<Minor, MoneyError>,
    wanted: impl Fn(Role) -> bool,
) -> Result<(), ReportError> {
    let Some(pin) = &state.pin else { return Ok(()) };
    let story = state.story();
    let Some(split) = split_behind(&story, pin, state.figures(), base)? else {
        return Ok(());
    };
    if wanted(Role::Fee) {
        parts.add(Key::Gross, signed(split.gross)?)?;
    }
    for step in split.steps.iter().filter(|step| wanted(step.role)) {
        let amount = signed(step.amount)?;
        match step.role {
            Role::Fee => {
                parts.add(Key::Fee(step.name.to_owned(), step.party), amount)?;
                parts.add(Key::Taker(step.party), amount.negated()?)?;
            }
            Role::Payer => {
                let from = Account::of(step.party, payer(step.party));
                parts.add(Key::Subsidy(step.party), amount.negated()?)?;
                parts.add(key(&from, merchant(state)), amount.negated()?)?;
            }
            Role::Hop { .. } | Role::Deduction { .. } => {}
        }
    }
    Ok(())
}
