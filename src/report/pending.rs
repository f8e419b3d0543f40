//! What a pending command says, for the person who is to agree to it.
//! Must never leave out what the command would do: a checker who sees less than is done checks nothing.

use serde::Serialize;
use utoipa::ToSchema;

use super::Money;
use super::approvals::{ApprovalView, PendingLeg};
use crate::domain::command::Pending;
use crate::domain::cutover::OpeningBalance;
use crate::domain::payment::PaymentTerms;
use crate::domain::policy::PolicyTerms;
use crate::ledger::Leg;

/// One thing that is agreed to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Detail {
    /// What, such as `reference` or `paid_on`.
    pub name: &'static str,
    /// Its value.
    pub value: String,
}

fn detail(name: &'static str, value: impl ToString) -> Detail {
    Detail {
        name,
        value: value.to_string(),
    }
}

/// Whose money, and why.
pub(super) fn summary(command: &Pending, view: &mut ApprovalView) {
    let (party, reason) = match command {
        Pending::Adjust { reason, .. } | Pending::ReverseOpening { reason, .. } => (None, Some(reason.clone())),
        // The run says itself what its sheets come to.
        Pending::ApproveRun { run, .. } => (None, Some(run.to_string())),
        // What it takes back is the import, which says so itself.
        Pending::ReverseImport(reversal) => (None, Some(reversal.import.to_string())),
        Pending::BackdateFormula { .. } | Pending::SetPolicy(_) => (None, None),
        Pending::OpenBalances { opening, .. } => (None, Some(opening.reason.clone())),
        Pending::Pay(terms) => (Some(terms.party), terms.note.clone()),
        Pending::ReturnPayment(terms) => (None, Some(terms.reason.clone())),
        Pending::WriteOff(terms) => (Some(terms.party), Some(terms.reason.clone())),
        Pending::Freeze(terms) => (Some(terms.party), Some(terms.reason.clone())),
        Pending::Unfreeze(terms) => (None, Some(terms.reason.clone())),
        Pending::Forfeit(terms) => (None, Some(terms.reason.clone())),
        Pending::Resume { party, reason } => (Some(*party), Some(reason.clone())),
        // The sheet says itself whose it is and what it comes to.
        Pending::IssueSheet { sheet, .. } => (None, Some(sheet.to_string())),
    };
    view.party = party;
    view.reason = reason;
}

/// Everything that it would do.
pub(super) fn details(command: &Pending, view: &mut ApprovalView) {
    match command {
        Pending::Adjust { at, legs, files, .. } => {
            view.at = Some(*at);
            let leg = |leg: &Leg| PendingLeg {
                account: leg.account,
                amount: Money::of(leg.amount, leg.currency),
            };
            view.legs = legs.iter().map(leg).collect();
            view.files.clone_from(files);
        }
        Pending::BackdateFormula { effective_from, .. } => view.at = Some(*effective_from),
        Pending::OpenBalances { scope, opening, .. } => {
            view.at = scope.as_ref().map(|scope| scope.at);
            let balance = |balance: &OpeningBalance| PendingLeg {
                account: balance.account,
                amount: Money::of(balance.amount, balance.currency),
            };
            view.legs = opening.balances.iter().map(balance).collect();
        }
        Pending::ApproveRun { run, digest } => view.details = vec![detail("run", run), detail("digest", digest)],
        Pending::ReverseOpening { cutover, number, .. } => {
            view.details = vec![detail("cutover", cutover), detail("opening", number)];
        }
        Pending::ReverseImport(reversal) => view.details = vec![detail("import", reversal.import)],
        Pending::Pay(terms) => {
            view.details = payment(terms);
            view.files.clone_from(&terms.vouchers);
        }
        Pending::ReturnPayment(terms) => {
            view.details = vec![
                detail("payment", terms.payment),
                detail("returned_on", terms.returned_on),
            ];
            let reference = terms.reference.iter().map(|reference| detail("reference", reference));
            view.details.extend(reference);
            view.files.clone_from(&terms.files);
        }
        Pending::WriteOff(terms) => view.files.clone_from(&terms.files),
        Pending::Freeze(terms) => view.files.clone_from(&terms.files),
        Pending::Unfreeze(terms) => view.details = vec![detail("freeze", terms.freeze)],
        Pending::Forfeit(terms) => {
            let to = terms.to.map_or_else(|| "book:income".to_owned(), |to| to.to_string());
            view.details = vec![detail("freeze", terms.freeze), detail("to", to)];
            view.files.clone_from(&terms.files);
        }
        Pending::SetPolicy(terms) => view.details = policy(terms),
        Pending::IssueSheet { sheet, sha256 } => view.details = vec![detail("sheet", sheet), detail("sha256", sha256)],
        Pending::Resume { .. } => {}
    }
}

fn payment(terms: &PaymentTerms) -> Vec<Detail> {
    vec![
        detail("channel", terms.channel.word()),
        detail("reference", &terms.reference),
        detail("paid_on", terms.paid_on),
        detail("as_advance", terms.as_advance),
    ]
}

fn policy(terms: &PolicyTerms) -> Vec<Detail> {
    let mut details = vec![detail("kind", terms.kind.word())];
    details.extend(terms.currency.map(|currency| detail("currency", currency)));
    details.extend(terms.effective_from.map(|from| detail("effective_from", from)));
    for step in &terms.steps {
        let from = terms
            .currency
            .map_or_else(|| "0".to_owned(), |currency| step.from.display(currency));
        let roles: Vec<&str> = step.roles.iter().map(|role| role.word()).collect();
        let roles = if roles.is_empty() {
            "any".to_owned()
        } else {
            roles.join(" or ")
        };
        let persons = step.approvers;
        details.push(detail("step", format!("from {from}: {persons} of {roles}")));
    }
    details
}
