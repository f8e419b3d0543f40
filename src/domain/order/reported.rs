//! The split of a line whose figures the platform reports 平台口径 (decision A3): posted as given, what lies below the
//! receiver computed here.
//! Must never decide a rate, and must never post a component that the formula has no taker for.
//!
//! On the reported base every figure stands as given. On a smaller one, after refunds, each is half-up of its proportion,
//! fees capped at what is left; the chain shares what remains, so the parts always sum to what the payer owes.

use super::chain::chain;
use super::fact::{NamedAmount, Track};
use super::pin::Terms;
use super::split::{CONTENT_FEE, Role, Split, Step};
use crate::money::{Minor, MoneyError, Rate};

/// The first component of a track that the formula has no taker for.
pub fn without_taker<'a>(terms: &Terms, track: &'a Track) -> Option<&'a str> {
    let unknown = |named: &&NamedAmount, known: bool| !known && !named.amount.is_zero();
    let fee = |named: &&NamedAmount| unknown(named, terms.fees.iter().any(|fee| fee.name == named.name));
    let subsidy = |named: &&NamedAmount| unknown(named, terms.subsidies.iter().any(|known| known.name == named.name));
    let content_fee = track.content_fee.is_some_and(|fee| !fee.is_zero()) && terms.content_fee.is_none();
    let fee = track.fees.iter().find(fee).map(|named| named.name.as_str());
    let subsidy = track.subsidies.iter().find(subsidy).map(|named| named.name.as_str());
    fee.or(subsidy).or(content_fee.then_some(CONTENT_FEE))
}

/// Splits what a track says of its `whole` base, in proportion to `base`.
///
/// INVARIANT: the payer owes the gross in proportion plus the content fee, whatever the parts; see `split`.
pub fn reported<'a>(terms: &'a Terms, track: &Track, whole: Minor, base: Minor) -> Result<Split<'a>, MoneyError> {
    let part = |amount: Minor| match base == whole {
        true => Ok(amount),
        false if whole.0 <= 0 => Ok(Minor::ZERO),
        false => terms.rounding.scale(amount, i128::from(base.0), i128::from(whole.0)),
    };
    let gross = part(track.gross)?;
    let mut steps = Vec::with_capacity(1 + terms.fees.len() + terms.subsidies.len() + terms.chain.len());
    if let Some((party, _)) = terms.content_fee {
        steps.push(Step {
            name: CONTENT_FEE,
            role: Role::Fee,
            party,
            of: base,
            rate: Rate::ONE,
            amount: part(track.content_fee.unwrap_or_default())?,
        });
    }
    let mut left = gross;
    for fee in &terms.fees {
        let amount = part(named(&track.fees, &fee.name)?)?.min(left);
        left = left.minus(amount)?;
        steps.push(Step {
            name: &fee.name,
            role: Role::Fee,
            party: fee.taker,
            of: gross,
            rate: Rate::ONE,
            amount,
        });
    }
    let mut distributable = if terms.chain.is_empty() { Minor::ZERO } else { left };
    for subsidy in terms.subsidies.iter().filter(|_| !terms.chain.is_empty()) {
        let amount = part(named(&track.subsidies, &subsidy.name)?)?;
        distributable = distributable.plus(amount)?;
        steps.push(Step {
            name: &subsidy.name,
            role: Role::Payer,
            party: subsidy.payer,
            of: amount,
            rate: Rate::ONE,
            amount: amount.negated()?,
        });
    }
    let accrued = chain(terms, base, distributable, &mut steps)?;
    Ok(Split {
        base,
        gross,
        below_minimum: false,
        capped: false,
        distributable,
        steps,
        accrued,
    })
}

fn named(amounts: &[NamedAmount], name: &str) -> Result<Minor, MoneyError> {
    Minor::sum(
        amounts
            .iter()
            .filter(|named| named.name == name)
            .map(|named| named.amount),
    )
}
