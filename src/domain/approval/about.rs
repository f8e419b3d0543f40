//! What a pending command is about: its kind, and the amounts that a policy steps by.
//! Must never leave a kind out: a policy that could not see an amount would ask too little.

use std::collections::BTreeMap;

use crate::domain::command::Pending;
use crate::domain::policy::PendingKind;
use crate::ledger::Leg;
use crate::money::{Currency, Minor};

impl Pending {
    /// Its kind.
    pub fn kind(&self) -> PendingKind {
        match self {
            Pending::Adjust { .. } => PendingKind::Adjust,
            Pending::ApproveRun { .. } => PendingKind::ApproveRun,
            Pending::ReverseImport(_) => PendingKind::ReverseImport,
            Pending::BackdateFormula { .. } => PendingKind::BackdateFormula,
            Pending::OpenBalances { .. } => PendingKind::OpenBalances,
            Pending::ReverseOpening { .. } => PendingKind::ReverseOpening,
            Pending::Pay(_) => PendingKind::Pay,
            Pending::ReturnPayment(_) => PendingKind::ReturnPayment,
            Pending::WriteOff(_) => PendingKind::WriteOff,
            Pending::Freeze(_) => PendingKind::Freeze,
            Pending::Unfreeze(_) => PendingKind::Unfreeze,
            Pending::Forfeit(_) => PendingKind::Forfeit,
            Pending::Resume { .. } => PendingKind::Resume,
            Pending::SetPolicy(_) => PendingKind::SetPolicy,
            Pending::IssueSheet { .. } => PendingKind::IssueSheet,
        }
    }

    /// How much it moves, per currency: of an entry, what all its credits sum to. Empty for kinds that state no
    /// amount: what a payment that came back restores is the payment's own.
    pub fn amounts(&self) -> Vec<(Currency, Minor)> {
        match self {
            Pending::Adjust { legs, .. } => credits(legs.iter().map(|leg: &Leg| (leg.currency, leg.amount))),
            Pending::OpenBalances { opening, .. } => {
                let sizes = opening.balances.iter().map(|balance| {
                    let size = Minor(balance.amount.0.saturating_abs());
                    (balance.currency, size)
                });
                credits(sizes)
            }
            Pending::Pay(terms) => vec![(terms.currency, terms.amount)],
            Pending::WriteOff(terms) => vec![(terms.currency, terms.amount)],
            Pending::Freeze(terms) => vec![(terms.currency, terms.amount)],
            Pending::Unfreeze(terms) => vec![(terms.currency, terms.amount)],
            Pending::Forfeit(terms) => vec![(terms.currency, terms.amount)],
            Pending::ReturnPayment(_)
            | Pending::ApproveRun { .. }
            | Pending::ReverseImport(_)
            | Pending::BackdateFormula { .. }
            | Pending::ReverseOpening { .. }
            | Pending::Resume { .. }
            | Pending::SetPolicy(_)
            | Pending::IssueSheet { .. } => Vec::new(),
        }
    }
}

/// Positive amounts by currency; what leaves 64 bits is as large as it gets.
fn credits(amounts: impl Iterator<Item = (Currency, Minor)>) -> Vec<(Currency, Minor)> {
    let mut sums: BTreeMap<Currency, i64> = BTreeMap::new();
    for (currency, amount) in amounts {
        let sum = sums.entry(currency).or_default();
        *sum = sum.saturating_add(amount.0.max(0));
    }
    sums.into_iter().map(|(currency, sum)| (currency, Minor(sum))).collect()
}
