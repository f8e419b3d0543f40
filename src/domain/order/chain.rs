//! The waterfall of the distributable (decision A13): each taker's net is its inflow less what goes down; the last keeps all.
//! Must never lose a minor unit: a deduction is capped at what its bearer has, a team is given exactly what its member has.
//!
//! A hop with a contract's formula has more steps, always the same ones in the same order: deductions that both bear, the
//! share of the pool that they leave, deductions that the upper bears (taken from it, given to their taker), deductions that
//! the member bears. What the next taker keeps, its team shares by largest remainder.

use super::pin::{Hop, HopFormula, Keeps, Terms};
use super::split::{Accrued, Role, SHARE, Step, TEAM};
use crate::base::PartyId;
use crate::domain::share::{Bearer, Deduction, Figures};
use crate::money::{Minor, MoneyError, Rate, Rounding, allocate};

/// Adds the steps of the chain. `base` is what the commission was computed on; contracts with tiers count it.
pub(super) fn chain<'a>(
    terms: &'a Terms,
    base: Minor,
    distributable: Minor,
    steps: &mut Vec<Step<'a>>,
) -> Result<Vec<Accrued>, MoneyError> {
    let mut accrued = Vec::new();
    let mut inflow = distributable;
    let mut team: &[(PartyId, Rate)] = &[];
    for (index, hop) in terms.chain.iter().enumerate() {
        let last = index + 1 == terms.chain.len();
        let formula = hop.formula.as_deref().filter(|_| !last);
        let mut level = Level {
            hop,
            inflow,
            rounding: terms.rounding,
            steps: &mut *steps,
        };
        let mut pool = inflow;
        for deduction in borne(formula, Bearer::Both) {
            pool = level.deduct(deduction, pool)?;
        }
        let (rate, mut share) = if last { (Rate::ONE, pool) } else { level.share(pool)? };
        let mut passed = pool.minus(share)?;
        if let Some((formula, tiers_in)) = formula.and_then(|formula| Some((formula, formula.tiers_in?)))
            && let Some(membership) = hop.membership
        {
            accrued.push(Accrued {
                membership,
                terms_from: formula.terms_from,
                currency: tiers_in,
                figures: Figures {
                    base,
                    inflow,
                    pool,
                    share,
                },
            });
        }
        if team.is_empty() {
            level.keep(pool, rate, share);
        }
        for deduction in borne(formula, Bearer::Upper) {
            let left = level.deduct(deduction, share)?;
            if team.is_empty() {
                let taken = share.minus(left)?;
                level.step(&deduction.name, hop.party, deduction.rate, taken.negated()?);
            }
            share = left;
        }
        level.share_out(share, team)?;
        for deduction in borne(formula, Bearer::Member) {
            passed = level.deduct(deduction, passed)?;
        }
        inflow = passed;
        team = formula.map_or(&[], |formula| &formula.team);
    }
    Ok(accrued)
}

fn borne(formula: Option<&HopFormula>, bearer: Bearer) -> impl Iterator<Item = &Deduction> {
    let all = formula.map_or(&[] as &[Deduction], |formula| &formula.deductions);
    all.iter().filter(move |deduction| deduction.bearer == bearer)
}

/// One taker's turn.
struct Level<'a, 's> {
    hop: &'a Hop,
    inflow: Minor,
    rounding: Rounding,
    steps: &'s mut Vec<Step<'a>>,
}

impl<'a> Level<'a, '_> {
    /// The hop's part of the pool, with the rate that gives it.
    fn share(&self, pool: Minor) -> Result<(Rate, Minor), MoneyError> {
        Ok(match self.hop.keeps {
            Keeps::All => (Rate::ONE, pool),
            Keeps::Share(rate) => (rate, rate.of(pool, self.rounding)?),
            Keeps::PassesOn(rate) => (rate, pool.minus(rate.of(pool, self.rounding)?)?),
            Keeps::Portion { part, of } => portion(part, of, pool, self.rounding)?,
        })
    }

    /// Gives a deduction to its taker, from what its bearer has; what is left of that.
    fn deduct(&mut self, deduction: &'a Deduction, left: Minor) -> Result<Minor, MoneyError> {
        let amount = deduction.rate.of(self.inflow, self.rounding)?.min(left);
        let taker = deduction.taker.unwrap_or(self.hop.party);
        self.step(&deduction.name, taker, deduction.rate, amount);
        left.minus(amount)
    }

    fn step(&mut self, name: &'a str, party: PartyId, rate: Rate, amount: Minor) {
        self.steps.push(Step {
            name,
            role: Role::Deduction {
                // What the platform pays the hop itself, it pays it whole; others are paid by the book.
                direct: self.hop.direct && party == self.hop.party,
            },
            party,
            of: self.inflow,
            rate,
            amount,
        });
    }

    /// The hop's own part.
    fn keep(&mut self, pool: Minor, rate: Rate, share: Minor) {
        self.steps.push(Step {
            name: SHARE,
            role: Role::Hop {
                direct: self.hop.direct,
            },
            party: self.hop.party,
            of: pool,
            rate,
            amount: share,
        });
    }

    /// The team's parts of what its member keeps, after what that bears of a contract below.
    fn share_out(&mut self, kept: Minor, team: &'a [(PartyId, Rate)]) -> Result<(), MoneyError> {
        let weights: Vec<u64> = team.iter().map(|(_, weight)| u64::from(weight.ppm())).collect();
        for ((party, weight), amount) in team.iter().zip(allocate(kept, &weights)?) {
            self.steps.push(Step {
                name: TEAM,
                role: Role::Hop {
                    direct: self.hop.direct,
                },
                party: *party,
                of: kept,
                rate: *weight,
                amount,
            });
        }
        Ok(())
    }
}

/// What a taker keeps of an inflow when an amount was agreed of another; never more than there is.
fn portion(part: Minor, of: Minor, inflow: Minor, rounding: Rounding) -> Result<(Rate, Minor), MoneyError> {
    if of.0 <= 0 {
        return Ok((Rate::ZERO, Minor::ZERO));
    }
    let scale = i128::from(Rate::SCALE);
    let ppm = i128::from(part.0) * scale / i128::from(of.0);
    let rate = u32::try_from(ppm).ok().and_then(|ppm| Rate::from_ppm(ppm).ok());
    let net = rounding.scale(inflow, i128::from(part.0), i128::from(of.0))?;
    Ok((rate.unwrap_or(Rate::ONE), net.min(inflow)))
}
