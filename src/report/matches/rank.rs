//! The order of anchors for a brief, and the ranges in which a brand sees their figures. Whole numbers only.
//! Must never depend on anything but its arguments: the same figures give the same order, on every server.
//!
//! Points 0 to 1,000 for each figure, times its weight. A figure that is not known counts as half: nobody is punished for what
//! the ledger has not seen, except sales, which are 0 until there are some. Every fifth place is offered to the next newcomer
//! (an anchor with fewer than three delivered contracts) in the order of a hash of brief and anchor, unless its points
//! have brought it higher already.
//!
//! INVARIANT: each anchor stands in the order once.

use std::cmp::Reverse;
use std::collections::HashSet;

use sha2::{Digest, Sha256};

use crate::base::{BriefId, PartyId};
use crate::domain::party::Figure;

/// Delivered contracts from which an anchor is no newcomer.
pub const SEASONED: i64 = 3;
/// Every so many places one is offered to a newcomer.
pub const EVERY: u64 = 5;
/// A figure of others is shown as a range over at least so many parties (decision C3).
pub const LEAST: usize = 5;
/// Most ranges of one figure.
const RANGES: usize = 10;
/// Points of what is not known.
const HALF: i64 = 500;
/// Points of the best.
const FULL: i64 = 1_000;
/// Clicks from which a conversion says something.
const CLICKS: i64 = 20;

/// Weight of each figure, and of the price asked; together 100.
pub const WEIGHTS: [(&str, i64); 7] = [
    ("sales", 30),
    ("conversion", 10),
    ("refunds", 15),
    ("segment", 10),
    ("punctuality", 15),
    ("rating", 10),
    ("price", 10),
];

/// What is known of one anchor, as it was counted.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// Sales in category and price band.
    pub sales: i64,
    /// Goods paid in the category.
    pub paid: i64,
    /// Of them refunded.
    pub refunded: i64,
    /// Of them to a segment that was told.
    pub told: i64,
    /// Of them to the brief's segment.
    pub reached: i64,
    /// Delivered contracts.
    pub settled: i64,
    /// Deliveries on time.
    pub punctual: i64,
    /// Late ones, and contracts that the anchor's side cancelled.
    pub late: i64,
    /// Stars, summed.
    pub stars: i64,
    /// Ratings.
    pub ratings: i64,
    /// Clicks on its links.
    pub clicks: i64,
    /// Lines that they won.
    pub won: i64,
    /// The brief's fee over the price asked, in thousandths; none: nothing is asked.
    pub price: Option<i64>,
}

/// `part` of `whole` in millionths, at most all of it; none of nothing.
fn millionths(part: i64, whole: i64) -> Option<i64> {
    let (part, whole) = (i128::from(part.max(0)), i128::from(whole));
    (whole > 0).then(|| i64::try_from((part * 1_000_000 / whole).min(1_000_000)).unwrap_or(1_000_000))
}

impl Counted {
    /// A figure as a number: minor units of sales, millionths of rates, hundredths of a star; none: not known.
    pub fn figure(&self, figure: Figure) -> Option<i64> {
        match figure {
            Figure::Sales => (self.sales > 0).then_some(self.sales),
            Figure::Conversion => millionths(self.won, self.clicks).filter(|_| self.clicks >= CLICKS),
            Figure::Refunds => millionths(self.refunded, self.paid),
            Figure::Segment => millionths(self.reached, self.told),
            Figure::Punctuality => millionths(self.punctual, self.punctual.saturating_add(self.late)),
            Figure::Rating => (self.ratings > 0).then(|| self.stars.saturating_mul(100) / self.ratings),
        }
    }

    /// Few contracts delivered.
    pub fn is_newcomer(&self) -> bool {
        self.settled < SEASONED
    }
}

/// The values of one figure over every anchor of the book that has it, in order.
#[derive(Clone, Debug, Default)]
pub struct Spread(Vec<i64>);

impl Spread {
    /// Of any number of values.
    pub fn of(values: impl IntoIterator<Item = i64>) -> Spread {
        let mut values: Vec<i64> = values.into_iter().collect();
        values.sort_unstable();
        Spread(values)
    }

    /// The range over at least five anchors in which a value of this figure lies, with how many are in it: the values in
    /// order, cut into at most ten parts as equal as can be. None where fewer than five have the figure.
    pub fn range(&self, value: i64) -> Option<(i64, i64, usize)> {
        let count = self.0.len();
        let parts = (count / LEAST).min(RANGES);
        if parts == 0 {
            return None;
        }
        let place = self.0.partition_point(|known| *known < value).min(count - 1);
        let begins = |part: usize| part * count / parts;
        let part = (0..parts).rev().find(|part| begins(*part) <= place)?;
        let (from, to) = (begins(part), begins(part + 1));
        Some((*self.0.get(from)?, *self.0.get(to.checked_sub(1)?)?, to - from))
    }

    /// Thousandths of the others that are below a value.
    fn above(&self, value: i64) -> i64 {
        let below = self.0.partition_point(|known| *known < value);
        let others = self.0.len().saturating_sub(1);
        if others == 0 {
            return FULL;
        }
        i64::try_from(below * 1_000 / others).unwrap_or(FULL)
    }
}

/// One spread for each figure.
#[derive(Clone, Debug, Default)]
pub struct Spreads([Spread; 6]);

impl Spreads {
    /// Of every anchor of the book.
    pub fn of<'a>(all: impl Iterator<Item = &'a Counted> + Clone) -> Spreads {
        Spreads(Figure::ALL.map(|figure| Spread::of(all.clone().filter_map(|one| one.figure(figure)))))
    }

    /// Of one figure.
    pub fn figure(&self, figure: Figure) -> &Spread {
        let place = Figure::ALL
            .iter()
            .position(|known| *known == figure)
            .unwrap_or_default();
        self.0.get(place).unwrap_or(&self.0[0])
    }

    /// Points of one anchor for each weight, 0 to 1,000. Without a segment in the brief everybody has half for it.
    pub fn points(&self, one: &Counted, with_segment: bool) -> [i64; 7] {
        let known = |figure| one.figure(figure);
        let share = |figure| known(figure).map(|part| part / 1_000);
        [
            known(Figure::Sales).map_or(0, |sales| self.figure(Figure::Sales).above(sales)),
            known(Figure::Conversion).map_or(HALF, |part| self.figure(Figure::Conversion).above(part)),
            share(Figure::Refunds).map_or(HALF, |part| FULL - part),
            share(Figure::Segment).filter(|_| with_segment).unwrap_or(HALF),
            share(Figure::Punctuality).unwrap_or(HALF),
            known(Figure::Rating).map_or(HALF, |stars| stars * 2),
            one.price.map_or(HALF, |price| price.clamp(0, FULL)),
        ]
    }

    /// Points times weights.
    pub fn score(&self, one: &Counted, with_segment: bool) -> i64 {
        let points = self.points(one, with_segment);
        WEIGHTS
            .iter()
            .zip(points)
            .map(|((_, weight), points)| weight * points)
            .sum()
    }
}

/// What stands in the order: points, and the place in the draw of newcomers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Contender {
    /// Who.
    pub anchor: PartyId,
    /// Points times weights.
    pub score: i64,
    /// A newcomer's place in the draw.
    pub draw: Option<u64>,
}

/// Where in the draw of a brief a newcomer is: the first eight bytes of SHA-256 of both ids.
pub fn draw(brief: BriefId, anchor: PartyId) -> u64 {
    let mut hash = Sha256::new();
    hash.update(b"newcomer");
    hash.update(brief.0.as_bytes());
    hash.update(anchor.uuid().as_bytes());
    let mut first = [0_u8; 8];
    for (to, from) in first.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    u64::from_be_bytes(first)
}

/// A place in the order, with all that the next page must know: who stands there, and how far both rows were taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// 1, 2, 3, …
    pub number: u64,
    /// Who.
    pub anchor: PartyId,
    /// It stands here by the draw.
    pub drawn: bool,
    /// The last that was taken by points.
    pub merit: Option<(i64, PartyId)>,
    /// The last that was taken by the draw.
    pub draw: Option<(u64, PartyId)>,
}

type Merit = (Reverse<i64>, PartyId);

/// At most `most` places after one.
pub fn order(all: &[Contender], after: Option<&Place>, most: usize) -> Vec<Place> {
    let (merit, draw) = after.map_or((None, None), |place| (place.merit, place.draw));
    let reached = merit.map(|(score, anchor)| (Reverse(score), anchor));
    let by_merit = |one: &Contender| -> Merit { (Reverse(one.score), one.anchor) };
    let shown = |one: &&Contender| {
        let drawn = one
            .draw
            .zip(draw)
            .is_some_and(|(own, reached)| (own, one.anchor) <= reached);
        drawn || reached.is_some_and(|reached| by_merit(one) <= reached)
    };
    let mut row: Vec<&Contender> = all.iter().filter(|one| !shown(one)).collect();
    row.sort_unstable_by_key(|one| by_merit(one));
    let mut drawn: Vec<(u64, &Contender)> = row.iter().filter_map(|one| Some((one.draw?, *one))).collect();
    drawn.sort_unstable_by_key(|(own, one)| (*own, one.anchor));
    let (mut row, mut drawn) = (row.into_iter().peekable(), drawn.into_iter().peekable());
    let mut here = Place {
        number: after.map_or(0, |place| place.number),
        anchor: PartyId::tagged(crate::base::PartyKind::Anchor, uuid::Uuid::nil()),
        drawn: false,
        merit,
        draw,
    };
    let (mut taken, mut places) = (HashSet::new(), Vec::new());
    while places.len() < most {
        while row.next_if(|one| taken.contains(&one.anchor)).is_some() {}
        while drawn.next_if(|(_, one)| taken.contains(&one.anchor)).is_some() {}
        here.number += 1;
        let offered = here.number.is_multiple_of(EVERY);
        let next = match drawn.next_if(|_| offered) {
            Some((own, one)) => {
                (here.drawn, here.draw) = (true, Some((own, one.anchor)));
                one
            }
            None => {
                let Some(one) = row.next() else { break };
                (here.drawn, here.merit) = (false, Some((one.score, one.anchor)));
                one
            }
        };
        here.anchor = next.anchor;
        taken.insert(next.anchor);
        places.push(here);
    }
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::base::PartyKind;

    fn anchor(n: u128) -> PartyId {
        PartyId::tagged(PartyKind::Anchor, Uuid::from_u128(n))
    }

    fn contenders(scores: &[(i64, bool)]) -> Vec<Contender> {
        let brief = BriefId(Uuid::from_u128(1));
        let one = |(n, (score, newcomer)): (usize, &(i64, bool))| Contender {
            anchor: anchor(n as u128),
            score: *score,
            draw: newcomer.then(|| draw(brief, anchor(n as u128))),
        };
        scores.iter().enumerate().map(one).collect()
    }

    proptest! {
        #[test]
        fn every_anchor_stands_once_whatever_the_pages_and_every_fifth_place_is_offered(
            scores in prop::collection::vec((0_i64..50, any::<bool>()), 0..60), page in 1_usize..9,
        ) {
            let mut all = contenders(&scores);
            let whole = order(&all, None, 1_000);
            let mut seen: Vec<PartyId> = whole.iter().map(|place| place.anchor).collect();
            prop_assert_eq!(seen.len(), all.len());
            seen.sort_unstable();
            seen.dedup();
            prop_assert_eq!(seen.len(), all.len());
            // Another order of arrival, and pages: the same places.
            all.reverse();
            let mut paged: Vec<Place> = Vec::new();
            loop {
                let next = order(&all, paged.last(), page);
                if next.is_empty() { break }
                paged.extend(next);
            }
            prop_assert_eq!(&paged, &whole);
            for place in &whole {
                let newcomers_left = whole.iter().any(|other| other.number >= place.number
                    && all.iter().any(|one| one.anchor == other.anchor && one.draw.is_some()));
                prop_assert_eq!(place.drawn, place.number.is_multiple_of(EVERY) && newcomers_left);
            }
            // Nobody is worse off by points than without the draw, but for the places that were offered.
            let by_points: Vec<&Place> = whole.iter().filter(|place| !place.drawn).collect();
            let merit = |place: &Place| all.iter().find(|one| one.anchor == place.anchor).map(|one| (Reverse(one.score), one.anchor));
            prop_assert!(by_points.is_sorted_by_key(|place| merit(place)));
        }

        #[test]
        fn a_range_holds_its_value_and_at_least_five_parties(values in prop::collection::vec(0_i64..40, 0..130)) {
            let spread = Spread::of(values.iter().copied());
            for value in &values {
                match spread.range(*value) {
                    None => prop_assert!(values.len() < LEAST),
                    Some((from, to, parties)) => {
                        prop_assert!(from <= *value && *value <= to);
                        prop_assert!(parties >= LEAST);
                        prop_assert!(values.iter().filter(|known| from <= **known && **known <= to).count() >= parties);
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_not_known_counts_as_half_and_no_sales_count_as_none() {
        let nothing = Counted::default();
        let spreads = Spreads::of([&nothing].into_iter());
        assert_eq!(spreads.points(&nothing, true), [0, 500, 500, 500, 500, 500, 500]);
        assert_eq!(WEIGHTS.iter().map(|(_, weight)| weight).sum::<i64>(), 100);
        let best = Counted {
            sales: 10,
            paid: 10,
            told: 10,
            reached: 10,
            punctual: 1,
            stars: 5,
            ratings: 1,
            clicks: 20,
            won: 20,
            price: Some(2_000),
            ..Counted::default()
        };
        let spreads = Spreads::of([&best, &nothing].into_iter());
        assert_eq!(spreads.score(&best, true), 100 * 1_000);
        // Below twenty clicks a conversion is chance.
        let few = Counted {
            clicks: 19,
            won: 19,
            ..Counted::default()
        };
        assert_eq!(few.figure(Figure::Conversion), None);
    }
}
