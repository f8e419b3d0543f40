//! Approval policies 审批规则: how many persons, and of which roles, must agree to a kind of pending command, by amount and date.
//! Must never ask for less than one person beside the maker: that floor stands without any policy.

pub mod decide;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::base::{Instant, PolicyId};
use crate::domain::person::Role;
use crate::money::{Currency, Minor};

/// The kinds of pending commands, in the words of `Pending`'s own tag.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PendingKind {
    /// A manual entry.
    Adjust,
    /// A settlement run is approved.
    ApproveRun,
    /// An import is taken back although a month that it touched is cut off.
    ReverseImport,
    /// A formula version that starts before lines already pinned.
    BackdateFormula,
    /// Balances of other books.
    OpenBalances,
    /// An opening is taken back.
    ReverseOpening,
    /// A payment made outside 线下付款.
    Pay,
    /// A payment came back.
    ReturnPayment,
    /// A negative balance is given up 核销.
    WriteOff,
    /// Money of a party is frozen.
    Freeze,
    /// Frozen money goes back to its party.
    Unfreeze,
    /// Frozen money goes to somebody else.
    Forfeit,
    /// A suspended party may be paid again.
    Resume,
    /// A policy is set.
    SetPolicy,
    /// A sheet that was held back is issued.
    IssueSheet,
}

impl PendingKind {
    /// Every kind.
    pub const ALL: [PendingKind; 15] = [
        PendingKind::Adjust,
        PendingKind::ApproveRun,
        PendingKind::ReverseImport,
        PendingKind::BackdateFormula,
        PendingKind::OpenBalances,
        PendingKind::ReverseOpening,
        PendingKind::Pay,
        PendingKind::ReturnPayment,
        PendingKind::WriteOff,
        PendingKind::Freeze,
        PendingKind::Unfreeze,
        PendingKind::Forfeit,
        PendingKind::Resume,
        PendingKind::SetPolicy,
        PendingKind::IssueSheet,
    ];

    /// The word on the wire and in the database.
    pub fn word(self) -> &'static str {
        match self {
            PendingKind::Adjust => "adjust",
            PendingKind::ApproveRun => "approve_run",
            PendingKind::ReverseImport => "reverse_import",
            PendingKind::BackdateFormula => "backdate_formula",
            PendingKind::OpenBalances => "open_balances",
            PendingKind::ReverseOpening => "reverse_opening",
            PendingKind::Pay => "pay",
            PendingKind::ReturnPayment => "return_payment",
            PendingKind::WriteOff => "write_off",
            PendingKind::Freeze => "freeze",
            PendingKind::Unfreeze => "unfreeze",
            PendingKind::Forfeit => "forfeit",
            PendingKind::Resume => "resume",
            PendingKind::SetPolicy => "set_policy",
            PendingKind::IssueSheet => "issue_sheet",
        }
    }

    /// True for kinds that state the amount they move, so that steps by amount make sense.
    pub fn has_amount(self) -> bool {
        !matches!(
            self,
            PendingKind::ApproveRun
                | PendingKind::ReverseImport
                | PendingKind::BackdateFormula
                | PendingKind::ReverseOpening
                | PendingKind::ReturnPayment
                | PendingKind::Resume
                | PendingKind::SetPolicy
                | PendingKind::IssueSheet
        )
    }
}

/// From an amount on: how many persons beside the maker, and of which roles.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// Amounts of this and more; the first step begins at 0.
    pub from: Minor,
    /// How many distinct persons other than the maker.
    pub approvers: u8,
    /// Roles that each of them has one of; any role that may decide approvals when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
}

/// A policy as asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PolicyTerms {
    /// For which kind of pending command.
    pub kind: PendingKind,
    /// For amounts of this currency; none for kinds without an amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Steps by amount, ascending.
    pub steps: Vec<Step>,
    /// Requests from here on; none: from its approval on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<Instant>,
}

/// `policy.set`: requests of a kind need these persons from an instant on. The last set counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PolicySet {
    /// Which.
    pub policy: PolicyId,
    /// 1, 2, 3, … inside the policy.
    pub version: u32,
    /// For which kind.
    pub kind: PendingKind,
    /// For amounts of this currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Steps by amount, ascending.
    pub steps: Vec<Step>,
    /// Requests from here on.
    pub effective_from: Instant,
}

/// What a request needs, as decided when it was asked for. Kept on `approval.requested`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Requirement {
    /// How many distinct persons other than the maker.
    pub approvers: u8,
    /// Roles that each of them has one of; any when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// Version of the policy that says so.
    pub policy_version: u32,
}

/// A policy as it stands: every version of every currency.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PolicyState {
    /// Versions, in order of setting.
    pub versions: Vec<PolicySet>,
}

impl PolicyState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &PolicySet) {
        self.versions.push(event.clone());
    }

    /// The version in force for a currency at an instant: the latest start, the later set of equal starts.
    pub fn in_force(&self, currency: Option<Currency>, at: Instant) -> Option<&PolicySet> {
        self.versions
            .iter()
            .filter(|set| set.currency == currency && set.effective_from <= at)
            .max_by_key(|set| set.effective_from)
    }

    /// What a request of these amounts needs: the strictest of its currencies. None without a policy: one second person.
    pub fn requirement(&self, amounts: &[(Currency, Minor)], at: Instant) -> Option<Requirement> {
        let of = |currency: Option<Currency>, amount: Minor| {
            let set = self.in_force(currency, at)?;
            let step = set.steps.iter().rfind(|step| step.from <= amount)?;
            Some(Requirement {
                approvers: step.approvers,
                roles: step.roles.clone(),
                policy_version: set.version,
            })
        };
        let found: Vec<Requirement> = if amounts.is_empty() {
            of(None, Minor::ZERO).into_iter().collect()
        } else {
            let each = amounts
                .iter()
                .filter_map(|(currency, amount)| of(Some(*currency), *amount));
            each.collect()
        };
        // More persons are stricter than fewer, a narrower set of roles than a wider one.
        let narrow = |roles: &[Role]| match roles.len() {
            0 => 0,
            n => Role::ALL.len().saturating_sub(n).saturating_add(1),
        };
        found
            .into_iter()
            .max_by_key(|needed| (needed.approvers, narrow(&needed.roles)))
    }
}
