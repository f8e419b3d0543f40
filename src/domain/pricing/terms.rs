//! The formula and the contracts of an instant, written down so that a split never looks anything up again.
//! Must never compute an amount.

use super::Known;
use crate::base::{Instant, PartyId};
use crate::domain::book::{Formula, FormulaBasis};
use crate::domain::order::pin::{BaseTerms, FeeTerms, HopFormula, SubsidyTerms};
use crate::domain::order::{Hop, Keeps, Terms};
use crate::domain::party::decide::MOST_TAKERS;
use crate::domain::party::{ContractScope, Receiver, Share};
use crate::domain::share::Side;

/// The takers of a promoter's commission at an instant, first receiver first, the promoter last.
///
/// INVARIANT: at most five, each once; a contract above the fifth taker is not followed.
pub(super) fn chain(promoter: PartyId, at: Instant, known: &dyn Known) -> Vec<Hop> {
    let mut takers = vec![Hop {
        party: promoter,
        keeps: Keeps::All,
        membership: None,
        direct: false,
        formula: None,
    }];
    let mut member = promoter;
    while takers.len() < MOST_TAKERS {
        let contract = known
            .party(member)
            .and_then(|party| party.contract(ContractScope::Cps, at));
        let Some(contract) = contract.filter(|contract| takers.iter().all(|hop| hop.party != contract.upper)) else {
            break;
        };
        if let Some(below) = takers.last_mut() {
            below.direct |= matches!(contract.receiver, Receiver::Member | Receiver::Each);
        }
        takers.push(Hop {
            party: contract.upper,
            keeps: keeps(&contract.share),
            membership: Some(contract.id),
            direct: matches!(contract.receiver, Receiver::Upper | Receiver::Each),
            formula: contract.share.formula().map(|formula| {
                Box::new(HopFormula {
                    terms_from: contract.from,
                    deductions: formula.deductions.clone(),
                    team: formula.team.clone(),
                    tiers_in: formula.tiers.as_ref().map(|tiers| tiers.currency),
                })
            }),
        });
        member = contract.upper;
    }
    takers.reverse();
    takers
}

/// The rate of a line: with tiers on the month it is provisional.
fn keeps(share: &Share) -> Keeps {
    match share {
        Share::UpperKeeps(rate) => Keeps::Share(*rate),
        Share::UpperPasses(rate) => Keeps::PassesOn(*rate),
        Share::Formula(formula) => match formula.rates_of {
            Side::Upper => Keeps::Share(formula.rate),
            Side::Member => Keeps::PassesOn(formula.rate),
        },
    }
}

/// The formula with the brand and the takers filled in.
pub(super) fn terms(formula: &Formula, merchant: PartyId, chain: Vec<Hop>) -> Terms {
    Terms {
        merchant,
        rounding: formula.rounding,
        base: BaseTerms {
            add_back: formula.add_back.clone(),
            kept_deposit: formula.kept_deposit_is_base,
        },
        content_fee: formula.content_fee,
        fees: formula
            .fees
            .iter()
            .map(|fee| FeeTerms {
                name: fee.name.clone(),
                taker: fee.taker,
                rate: fee.rate,
                of: fee.of,
            })
            .collect(),
        subsidies: formula
            .subsidies
            .iter()
            .map(|subsidy| SubsidyTerms {
                name: subsidy.name.clone(),
                payer: subsidy.payer,
                rate: subsidy.rate,
                cap: subsidy.cap,
                share: subsidy.share,
            })
            .collect(),
        chain,
        settleable: formula.settleable,
        as_reported: formula.basis == FormulaBasis::AsReported,
    }
}
