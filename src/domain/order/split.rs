//! The split of a base under pinned terms: gross commission, content fee, fees, subsidies, chain (decisions A1, A2, A13).
//! Must never round twice, and must never lose a minor unit: what a step takes, the next one no longer has.

use super::chain::chain;
use super::pin::{FeeOf, FeeTerms, RateTerms, RuleChoice, SubsidyTerms, Terms};
use crate::base::{Instant, MembershipId, PartyId};
use crate::domain::share;
use crate::money::{Currency, Minor, MoneyError, Rate, Rounding};

/// Name of the content fee's step 内容场景专项服务费.
pub const CONTENT_FEE: &str = "content_fee";
/// Name of a chain taker's step.
pub const SHARE: &str = "share";
/// Name of a team member's step.
pub const TEAM: &str = "team";

/// What a step's party is to the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Takes a fee.
    Fee,
    /// Takes a share of the distributable; `direct`: the platform pays it itself 平台直付.
    Hop {
        /// Paid by the platform.
        direct: bool,
    },
    /// Bears or takes a deduction of a contract: its amount is negative for who bears it. Frozen and forfeited with the
    /// chain; `direct` as for a hop.
    Deduction {
        /// Paid by the platform.
        direct: bool,
    },
    /// Pays a subsidy: its amount is negative.
    Payer,
}

impl Role {
    /// Of the chain's money: `Some(true)` where the platform pays it itself.
    pub fn of_chain(self) -> Option<bool> {
        match self {
            Role::Hop { direct } | Role::Deduction { direct } => Some(direct),
            Role::Fee | Role::Payer => None,
        }
    }
}

/// What a line gives a contract with tiers on its month.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Accrued {
    /// The contract.
    pub membership: MembershipId,
    /// Start of its terms.
    pub terms_from: Instant,
    /// The currency of its tiers.
    pub currency: Currency,
    /// What the line adds.
    pub figures: share::Figures,
}

/// One rounded component: `amount` is what became of `of` at `rate`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step<'a> {
    /// Component name: `content_fee`, a fee's or subsidy's own name, or `share`.
    pub name: &'a str,
    /// What the party is to the line.
    pub role: Role,
    /// Who takes or pays it.
    pub party: PartyId,
    /// The rounded predecessor: the base, G, what fees left of G, the capped subsidy, or a hop's inflow.
    pub of: Minor,
    /// Rate on the predecessor. For a hop that passes on, the rate that it passes, so its amount is the residual.
    pub rate: Rate,
    /// Credit of the party; negative for a payer.
    pub amount: Minor,
}

/// A base split among everybody. Every component of the terms has its step, zero or not, in formula order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Split<'a> {
    /// What was split.
    pub base: Minor,
    /// Gross commission G.
    pub gross: Minor,
    /// The exact G is below one minor unit: nothing is posted (decision A1).
    pub below_minimum: bool,
    /// The cap per order lowered G.
    pub capped: bool,
    /// What fees and subsidies leave to the chain.
    pub distributable: Minor,
    /// Content fee, fees, subsidies, chain.
    pub steps: Vec<Step<'a>>,
    /// What it adds to the months of contracts with tiers.
    pub accrued: Vec<Accrued>,
}

impl Split<'_> {
    /// What the merchant pays: fees, content fee and nets, less what subsidy payers bring.
    pub fn merchant_debit(&self) -> Result<Minor, MoneyError> {
        Minor::sum(self.steps.iter().map(|step| step.amount))
    }
}

/// Splits a base.
///
/// INVARIANT: the merchant's debit is G plus the content fee, whatever the rates; a capped fee takes what is left.
pub fn split<'a>(terms: &'a Terms, rule: &RuleChoice, base: Minor) -> Result<Split<'a>, MoneyError> {
    let gross = gross(terms.rounding, rule, base)?;
    // Below the minimum no component exists, the content fee and subsidies included.
    let base_of_fees = if gross.below_minimum { Minor::ZERO } else { base };
    let mut steps = Vec::with_capacity(1 + terms.fees.len() + terms.subsidies.len() + terms.chain.len());
    if let Some((party, rate)) = terms.content_fee {
        steps.push(Step {
            name: CONTENT_FEE,
            role: Role::Fee,
            party,
            of: base_of_fees,
            rate,
            amount: rate.of(base_of_fees, terms.rounding)?,
        });
    }
    let mut left = gross.amount;
    for fee in &terms.fees {
        let step = fee_step(fee, gross.amount, left, terms.rounding)?;
        left = left.minus(step.amount)?;
        steps.push(step);
    }
    // Nobody to give to: nobody pays it either.
    let mut distributable = if terms.chain.is_empty() { Minor::ZERO } else { left };
    for subsidy in terms.subsidies.iter().filter(|_| !terms.chain.is_empty()) {
        let step = subsidy_step(subsidy, base_of_fees, terms.rounding)?;
        distributable = distributable.minus(step.amount)?;
        steps.push(step);
    }
    let accrued = chain(terms, base, distributable, &mut steps)?;
    Ok(Split {
        base,
        gross: gross.amount,
        below_minimum: gross.below_minimum,
        capped: gross.capped,
        distributable,
        steps,
        accrued,
    })
}

struct Gross {
    amount: Minor,
    below_minimum: bool,
    capped: bool,
}

/// G: half-up of the exact product; over tiers, of the exact sum in proportion to the payable base they were cut from.
fn gross(rounding: Rounding, rule: &RuleChoice, base: Minor) -> Result<Gross, MoneyError> {
    let scale = i128::from(Rate::SCALE);
    let (numerator, denominator) = match &rule.rate {
        RateTerms::Flat(rate) => (i128::from(rate.ppm()), scale),
        RateTerms::Tiered(parts) => proportion(parts, scale)?,
    };
    let exact = i128::from(base.0)
        .checked_mul(numerator)
        .ok_or(MoneyError::OutOfRange)?;
    if exact < denominator {
        return Ok(Gross {
            amount: Minor::ZERO,
            below_minimum: true,
            capped: false,
        });
    }
    let uncapped = rounding.scale(base, numerator, denominator)?;
    let amount = rule.cap.map_or(uncapped, |cap| uncapped.min(cap));
    Ok(Gross {
        amount,
        below_minimum: false,
        capped: amount < uncapped,
    })
}

fn proportion(parts: &[(Minor, Rate)], scale: i128) -> Result<(i128, i128), MoneyError> {
    let mut weighted: i128 = 0;
    let mut whole: i128 = 0;
    for (part, rate) in parts {
        let product = i128::from(part.0) * i128::from(rate.ppm());
        weighted = weighted.checked_add(product).ok_or(MoneyError::OutOfRange)?;
        whole += i128::from(part.0);
    }
    if whole > 0 {
        let denominator = whole.checked_mul(scale).ok_or(MoneyError::OutOfRange)?;
        return Ok((weighted, denominator));
    }
    // Cut from a payable base of zero: the first tier holds whatever is paid after all.
    Ok((parts.first().map_or(0, |(_, rate)| i128::from(rate.ppm())), scale))
}

fn fee_step(fee: &FeeTerms, gross: Minor, left: Minor, rounding: Rounding) -> Result<Step<'_>, MoneyError> {
    let of = match fee.of {
        FeeOf::Gross => gross,
        FeeOf::Remainder => left,
    };
    Ok(Step {
        name: &fee.name,
        role: Role::Fee,
        party: fee.taker,
        of,
        rate: fee.rate,
        amount: fee.rate.of(of, rounding)?.min(left),
    })
}

fn subsidy_step(subsidy: &SubsidyTerms, base: Minor, rounding: Rounding) -> Result<Step<'_>, MoneyError> {
    let whole = subsidy.rate.of(base, rounding)?;
    let of = subsidy.cap.map_or(whole, |cap| whole.min(cap));
    Ok(Step {
        name: &subsidy.name,
        role: Role::Payer,
        party: subsidy.payer,
        of,
        rate: subsidy.share,
        amount: subsidy.share.of(of, rounding)?.negated()?,
    })
}
