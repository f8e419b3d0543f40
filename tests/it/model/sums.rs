//! Arithmetic of the auditor: whole numbers of 128 bits, rounding half away from zero, and the split of one base.
//! It must never call the product's own arithmetic, which is what it checks.

use std::collections::BTreeMap;

use fenzhang::base::PartyId;

pub const WHOLE: i128 = 1_000_000;

/// `amount x part / whole`, half away from zero.
pub fn half_up(amount: i128, part: i128, whole: i128) -> i128 {
    let doubled = 2 * amount.abs() * part + whole;
    let magnitude = doubled.div_euclid(2 * whole);
    if amount < 0 { -magnitude } else { magnitude }
}

/// The rate of a line: portions of the base it was reserved for, each at its own rate.
#[derive(Clone, Debug)]
pub struct Portions(pub Vec<(i128, i128)>);

impl Portions {
    pub fn flat(ppm: i128) -> Portions {
        Portions(vec![(1, ppm)])
    }

    /// The exact commission of a base as a fraction: numerator and denominator.
    fn exact(&self, base: i128) -> (i128, i128) {
        let volume: i128 = self.0.iter().map(|(part, _)| part).sum();
        let weighted: i128 = self.0.iter().map(|(part, ppm)| part * ppm).sum();
        if volume == 0 {
            let first = self.0.first().map_or(0, |(_, ppm)| *ppm);
            return (base * first, WHOLE);
        }
        (base * weighted, volume * WHOLE)
    }

    /// G: half-up of the exact product; nothing when the exact product is below one minor unit (A2).
    pub fn gross(&self, base: i128, cap: Option<i128>) -> i128 {
        let (top, bottom) = self.exact(base);
        if base <= 0 || top < bottom {
            return 0;
        }
        let rounded = half_up(top, 1, bottom);
        cap.map_or(rounded, |cap| rounded.min(cap))
    }
}

/// How one taker of the chain and the next below it share what flows in.
#[derive(Clone, Copy, Debug)]
pub enum Between {
    UpperKeeps(i128),
    UpperPasses(i128),
}

#[derive(Clone, Debug)]
pub struct Taker {
    pub party: PartyId,
    pub direct: bool,
    /// How it shares with the next; none for the last.
    pub below: Option<Between>,
}

#[derive(Clone, Debug)]
pub struct FeeLine {
    pub taker: PartyId,
    pub ppm: i128,
    pub of_remainder: bool,
}

#[derive(Clone, Debug)]
pub struct SubsidyLine {
    pub payer: PartyId,
    pub ppm: i128,
    pub cap: Option<i128>,
    pub share_ppm: i128,
}

/// Everything a line is split by.
#[derive(Clone, Debug)]
pub struct Recipe {
    pub merchant: PartyId,
    pub rate: Portions,
    pub cap: Option<i128>,
    pub content: Option<(PartyId, i128)>,
    pub fees: Vec<FeeLine>,
    pub subsidies: Vec<SubsidyLine>,
    pub chain: Vec<Taker>,
}

/// How a taker comes to its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Fee,
    Chain,
    /// In the chain, paid by a platform itself.
    Direct,
}

/// What each taker gets of one base, what each subsidy payer gives, and what the merchant owes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    pub takers: BTreeMap<(PartyId, Place), i128>,
    pub payers: BTreeMap<PartyId, i128>,
    pub merchant: i128,
    pub gross: i128,
}

impl Recipe {
    pub fn split(&self, base: i128) -> Shares {
        let gross = self.rate.gross(base, self.cap);
        let mut shares = Shares {
            gross,
            ..Shares::default()
        };
        if gross == 0 {
            return shares;
        }
        let mut left = gross;
        for fee in &self.fees {
            let on = if fee.of_remainder { left } else { gross };
            let amount = half_up(on, fee.ppm, WHOLE).min(left);
            left -= amount;
            *shares.takers.entry((fee.taker, Place::Fee)).or_default() += amount;
        }
        shares.merchant = gross;
        if let Some((taker, ppm)) = self.content {
            let amount = half_up(base, ppm, WHOLE);
            *shares.takers.entry((taker, Place::Fee)).or_default() += amount;
            shares.merchant += amount;
        }
        for subsidy in &self.subsidies {
            let full = half_up(base, subsidy.ppm, WHOLE);
            let capped = subsidy.cap.map_or(full, |cap| full.min(cap));
            let amount = half_up(capped, subsidy.share_ppm, WHOLE);
            *shares.payers.entry(subsidy.payer).or_default() += amount;
            left += amount;
        }
        for taker in &self.chain {
            let passed = match taker.below {
                None => 0,
                Some(Between::UpperKeeps(ppm)) => left - half_up(left, ppm, WHOLE),
                Some(Between::UpperPasses(ppm)) => half_up(left, ppm, WHOLE),
            };
            let place = if taker.direct { Place::Direct } else { Place::Chain };
            *shares.takers.entry((taker.party, place)).or_default() += left - passed;
            left = passed;
        }
        shares
    }
}

#[test]
fn the_auditor_reproduces_at_11_by_itself() {
    use fenzhang::base::PartyKind;
    let party = |kind, n: u128| PartyId::tagged(kind, uuid::Uuid::from_u128(n));
    let (tech, live) = (party(PartyKind::Platform, 1), party(PartyKind::Platform, 2));
    let (agency, anchor) = (party(PartyKind::Agency, 3), party(PartyKind::Anchor, 4));
    let fee = |taker, ppm| FeeLine {
        taker,
        ppm,
        of_remainder: false,
    };
    let recipe = Recipe {
        merchant: party(PartyKind::Brand, 5),
        rate: Portions::flat(200_000),
        cap: None,
        content: None,
        fees: vec![fee(tech, 100_000), fee(live, 200_000)],
        subsidies: vec![],
        chain: vec![
            Taker {
                party: agency,
                direct: false,
                below: Some(Between::UpperKeeps(300_000)),
            },
            Taker {
                party: anchor,
                direct: false,
                below: None,
            },
        ],
    };
    let at = |base| {
        let shares = recipe.split(base);
        let places = [
            (tech, Place::Fee),
            (live, Place::Fee),
            (agency, Place::Chain),
            (anchor, Place::Chain),
        ];
        places.map(|place| shares.takers[&place])
    };
    assert_eq!(at(19_900), [398, 796, 836, 1_950]);
    assert_eq!(at(14_925), [299, 597, 627, 1_462]);
    assert_eq!(recipe.split(4).merchant, 0);
}
