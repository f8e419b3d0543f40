//! What a file says twice of one offer or supplier: the first row stands.
//! Must never let the order of equal looks decide: were the last row to stand, the same file read twice would go to and fro.
//!
//! Rules: a further row of an offer that says the same is left out (`repeated_offer`); one that says something else is rejected
//! (`offer_differs`). A further row of a supplier keeps the scores of the first (`supplier_differs`); its company stays on the
//! offer. Memory grows by the offers of a file, some forty bytes each, and is bounded as that of rows without a number.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hasher};

use super::emit::{RowFault, Told};
use crate::domain::command::OfferTold;
use crate::domain::supplier::{Profile, Scores};

/// The reason under which a repeated offer is left out.
pub const REPEATED: &str = "repeated_offer";
/// The rule that keeps a supplier's first scores.
pub const SUPPLIER_DIFFERS: &str = "supplier_differs";

/// What was said so far.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    offers: HashMap<(String, String), u64>,
    suppliers: HashMap<(String, String), (Scores, Profile)>,
}

/// What a row is, given the rows before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Look {
    /// The first word on what it tells; true when its supplier was told otherwise before.
    First(bool),
    /// Said before.
    Repeated,
    /// Said otherwise before.
    Differs(RowFault),
}

impl Repeats {
    /// How much is remembered.
    pub(super) fn len(&self) -> usize {
        self.offers.len()
    }

    /// Looks at what a row tells, and gives its supplier the scores of the first row.
    pub(super) fn look(&mut self, told: &mut [Told]) -> Look {
        let mut differs = false;
        for told in told {
            let Told::Offer(offer) = told else { continue };
            let source = offer.terms.source.as_str().to_owned();
            let now = hash(offer);
            match self
                .offers
                .entry((source.clone(), offer.terms.product_no.as_str().to_owned()))
            {
                Entry::Occupied(known) if *known.get() == now => return Look::Repeated,
                Entry::Occupied(_) => {
                    let message = "an earlier row of the file says something else of this offer; the first row stands";
                    return Look::Differs(RowFault::new("offer_differs", message).at("product_no"));
                }
                Entry::Vacant(place) => place.insert(now),
            };
            if let Some(supplier) = &mut offer.supplier {
                let said = (supplier.scores, supplier.profile.clone());
                let first = self
                    .suppliers
                    .entry((source, supplier.member_no.clone()))
                    .or_insert(said.clone());
                if *first != said {
                    differs = true;
                    (supplier.scores, supplier.profile) = first.clone();
                }
            }
        }
        Look::First(differs)
    }
}

fn hash(offer: &OfferTold) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(serde_json::to_string(offer).unwrap_or_default().as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::command::SupplierTold;
    use crate::domain::offer::OfferTerms;
    use crate::money::Currency;

    fn told(product: &str, subject: &str, score: &str) -> Vec<Told> {
        let source = "1688".parse().unwrap();
        vec![Told::Offer(Box::new(OfferTold {
            terms: OfferTerms::plain(
                source,
                product.parse().unwrap(),
                subject.parse().unwrap(),
                Currency::CNY,
            ),
            supplier: Some(SupplierTold {
                member_no: "b2b-7".to_owned(),
                name: "某厂".parse().unwrap(),
                scores: Scores {
                    composite: Some(score.parse().unwrap()),
                    ..Scores::default()
                },
                profile: Profile::default(),
            }),
            figures: None,
            reported_at: None,
        }))]
    }

    #[test]
    fn the_first_row_of_an_offer_and_of_a_supplier_stands() {
        let mut repeats = Repeats::default();
        assert_eq!(repeats.look(&mut told("1", "包", "4.0")), Look::First(false));
        assert_eq!(repeats.look(&mut told("1", "包", "4.0")), Look::Repeated);
        let differs = repeats.look(&mut told("1", "袋", "4.0"));
        assert!(matches!(differs, Look::Differs(fault) if fault.code == "offer_differs"));
        let mut other = told("2", "包", "3.0");
        assert_eq!(repeats.look(&mut other), Look::First(true));
        assert_eq!(other, told("2", "包", "4.0"));
        assert_eq!(repeats.len(), 2);
    }
}
