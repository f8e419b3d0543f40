//! What the ledger has of a line, as a reconciliation compares it: the fold of its events and the split behind them.
//! Must never compute an amount in another way than the postings were.

use crate::base::{Instant, PartyId, Zone};
use crate::domain::order::pin::FeeOf;
use crate::domain::order::split::CONTENT_FEE;
use crate::domain::order::target::split_behind;
use crate::domain::order::{LineState, LineStatus, Pin, RateTerms, Role, Split, Terms, What};
use crate::domain::recon::sides::{FeeBasis, OurFee, OurRefund, Ours, Stage};
use crate::ledger::{Account, AccountKind, Layer, Leg};
use crate::money::{Currency, Minor, MoneyError, Rate, Rounding};

/// The ledger's side of a line, with what corrections need.
pub(super) struct Side {
    /// What is compared.
    pub ours: Ours,
    /// Currency of its amounts.
    pub currency: Option<Currency>,
    /// Time of the newest row as it stood that was told.
    pub newest: Option<Instant>,
    /// When it was settled.
    pub settled_at: Option<Instant>,
    /// Who takes what fees leave.
    residual: Option<PartyId>,
    takers: Vec<(String, PartyId)>,
    posted: Vec<(Account, Minor)>,
}

/// Looks at a folded line; none when the ledger does not have it.
pub(super) fn side(state: &LineState, zone: Zone) -> Result<Option<Side>, MoneyError> {
    if state.facts().all(|kept| kept.withdrawn) {
        return Ok(None);
    }
    let target = state.target()?;
    let story = state.story();
    let base = state.figures().settled_base;
    let pin = state.pin.as_deref();
    let split = match (pin, base) {
        (Some(pin), Some(base)) => split_behind(&story, pin, state.figures(), (base, false))?,
        _ => None,
    };
    let terms = pin.and_then(|pin| pin.terms.as_ref());
    let own_rules = terms.is_some_and(|terms| !terms.as_reported);
    let told_base = |what: &What| matches!(what, What::Settled { base: Some(_) });
    let counting = || state.facts().filter(|kept| kept.may_count()).map(|kept| &kept.fact);
    let refunds = story.refunds.iter().filter_map(|refund| {
        let after = target.settled_at.is_some_and(|settled| refund.at > settled);
        Some(OurRefund {
            case: refund.case.filter(|_| after)?.as_str().to_owned(),
            goods: refund.goods,
            month: zone.month(refund.at),
            deducted: refund.deducted,
        })
    });
    let posted: Vec<(Account, Minor)> = state
        .posted()
        .iter()
        .filter(|((_, layer), _)| *layer == Layer::Settled)
        .map(|((account, _), amount)| (*account, *amount))
        .collect();
    let hop = terms.and_then(|terms| terms.chain.last()).filter(|hop| !hop.direct);
    let residual = hop.map(|hop| hop.party).filter(|_| !story.is_frozen());
    let ours = Ours {
        stage: match target.status {
            LineStatus::Settled => Stage::Settled,
            LineStatus::Closed => Stage::Closed,
            _ => Stage::Open,
        },
        month: target.settled_at.map(|at| zone.month(at)),
        earns: split.is_some(),
        own_rules,
        base,
        base_correctable: !own_rules || !counting().any(|fact| told_base(&fact.what)),
        rate: pin.filter(|_| own_rules).and_then(flat_rate),
        cap: pin.and_then(|pin| pin.rule.as_ref()).and_then(|rule| rule.cap),
        commission: split.as_ref().map(|split| split.gross).unwrap_or_default(),
        rounding: terms.map_or(Rounding::HalfUp, |terms| terms.rounding),
        fees: match (terms, &split) {
            (Some(terms), Some(split)) => fees(terms, split, residual),
            _ => Vec::new(),
        },
        refunds: refunds.collect(),
        reversible: posted.len() >= 2,
    };
    Ok(Some(Side {
        ours,
        currency: state.currency(),
        newest: counting()
            .filter(|fact| matches!(fact.what, What::Snapshot(_)))
            .map(|fact| fact.at)
            .max(),
        settled_at: target.settled_at,
        residual,
        takers: takers(split.as_ref()),
        posted,
    }))
}

fn flat_rate(pin: &Pin) -> Option<Rate> {
    match pin.rule.as_ref().map(|rule| &rule.rate) {
        Some(RateTerms::Flat(rate)) => Some(*rate),
        Some(RateTerms::Tiered(_)) => None,
        None => pin.brought_over.as_ref().and_then(|agreed| agreed.rate),
    }
}

fn fees(terms: &Terms, split: &Split<'_>, residual: Option<PartyId>) -> Vec<OurFee> {
    let basis = |name: &str| match (terms.as_reported, terms.fees.iter().find(|fee| fee.name == name)) {
        (true, _) => FeeBasis::Given,
        (false, Some(fee)) if fee.of == FeeOf::Gross => FeeBasis::Commission(fee.rate),
        (false, Some(fee)) => FeeBasis::Remainder(fee.rate),
        (false, None) => terms
            .content_fee
            .filter(|_| name == CONTENT_FEE)
            .map_or(FeeBasis::Given, |(_, rate)| FeeBasis::Base(rate)),
    };
    let steps = split.steps.iter().filter(|step| step.role == Role::Fee);
    steps
        .map(|step| OurFee {
            name: step.name.to_owned(),
            amount: step.amount,
            of: basis(step.name),
            adjustable: residual.is_some_and(|residual| residual != step.party) && step.name != CONTENT_FEE,
        })
        .collect()
}

fn takers(split: Option<&Split<'_>>) -> Vec<(String, PartyId)> {
    let steps = split.into_iter().flat_map(|split| &split.steps);
    let fees = steps.filter(|step| step.role == Role::Fee);
    fees.map(|step| (step.name.to_owned(), step.party)).collect()
}

impl Side {
    /// Legs that give a fee's taker `more` and take it from who has the rest.
    pub fn shift_fee(&self, fee: &str, more: Minor) -> Result<Option<Vec<Leg>>, MoneyError> {
        let taker = self
            .takers
            .iter()
            .find(|(name, _)| name == fee)
            .map(|(_, taker)| *taker);
        let (Some(taker), Some(residual), Some(currency)) = (taker, self.residual, self.currency) else {
            return Ok(None);
        };
        let leg = |party, amount| Leg {
            account: Account::of(party, AccountKind::Available),
            layer: Layer::Settled,
            currency,
            amount,
        };
        Ok(Some(vec![leg(taker, more), leg(residual, more.negated()?)]))
    }

    /// Legs that take back everything settled of the line.
    pub fn reverse(&self) -> Result<Option<Vec<Leg>>, MoneyError> {
        let Some(currency) = self.currency else { return Ok(None) };
        let mut legs = Vec::with_capacity(self.posted.len());
        for (account, amount) in &self.posted {
            legs.push(Leg {
                account: *account,
                layer: Layer::Settled,
                currency,
                amount: amount.negated()?,
            });
        }
        Ok(Some(legs))
    }
}
