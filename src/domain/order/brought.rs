//! A line brought over from other books: sold before the cut-over, settled after it, with a pin of its own as agreed then.
//! Must never be looked up: no rule, formula or contract of this book says anything about it.
//!
//! It is one fact of the line. Its figures are a rate of its own, or those that the fact reports beside it; the takers are
//! told with what each keeps, by rate or by amount. What was refunded before the cut-over counts as one more case, as far
//! as no case told accounts for it. Everything later moves the line as any other.

use serde::{Deserialize, Serialize};

use super::fact::Track;
use super::pin::{Attribution, BaseTerms, Basis, Dims, FeeTerms, Hop, Keeps, Pin, Settleable, SubsidyTerms, Terms};
use crate::base::{CutoverId, FormulaId, Instant, PartyId};
use crate::money::{Minor, MoneyError, Rate, Rounding};

/// Most takers of a line.
const MOST_TAKERS: usize = 5;

/// A line is of neither kind of figures, or names nobody: nothing of it can be posted.
pub const INCOMPLETE: &str = "brought_over_incomplete";
/// The amounts told of it are not one whole.
pub const DOES_NOT_ADD_UP: &str = "brought_over_does_not_add_up";
/// Sold on or after the day of the cut-over.
pub const NOT_BEFORE: &str = "not_before_cut_over";
/// No such cut-over was approved.
pub const CUTOVER_UNKNOWN: &str = "cutover_unknown";

/// What was agreed of a line in the books before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BroughtOver {
    /// Which cut-over.
    pub cutover: CutoverId,
    /// Its instant: how far the books before go.
    pub as_of: Instant,
    /// Goods paid.
    pub paid: Minor,
    /// Goods refunded before the cut-over.
    #[serde(default)]
    pub refunded: Minor,
    /// Who owes the commission.
    pub payer: PartyId,
    /// Who promoted it.
    pub promoter: PartyId,
    /// Its own rate; absent, the fact reports its figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Fees in order; where figures are reported the rates only name the takers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fees: Vec<FeeTerms>,
    /// Subsidies, in the same way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subsidies: Vec<SubsidyTerms>,
    /// Takers of what is left, first receiver first; the last one keeps the rest.
    pub takers: Vec<Hop>,
    /// When it settles.
    pub settleable: Settleable,
}

/// What marks the pin of a line that was brought over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Agreed {
    /// Which cut-over.
    pub cutover: CutoverId,
    /// Its own rate; absent, its figures are reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
}

impl BroughtOver {
    /// Why it can never count; `track` is what the fact reports beside it.
    pub fn fault(&self, track: Option<&Track>) -> Result<Option<&'static str>, MoneyError> {
        let one_kind = self.rate.is_some() != track.is_some();
        if !one_kind || !(1..=MOST_TAKERS).contains(&self.takers.len()) {
            return Ok(Some(INCOMPLETE));
        }
        if self.refunded > self.paid {
            return Ok(Some(DOES_NOT_ADD_UP));
        }
        let portion = |hop: &Hop| match hop.keeps {
            Keeps::Portion { part, of } => Some((part, of)),
            Keeps::Share(_) | Keeps::PassesOn(_) | Keeps::All => None,
        };
        let mut portions = self.takers.iter().filter_map(portion);
        if portions.any(|(part, of)| part.0 < 0 || part > of) {
            return Ok(Some(DOES_NOT_ADD_UP));
        }
        let (Some(track), Some((_, of))) = (track, self.takers.first().and_then(portion)) else {
            return Ok(None);
        };
        let fees = Minor::sum(track.fees.iter().map(|fee| fee.amount))?;
        let subsidies = Minor::sum(track.subsidies.iter().map(|subsidy| subsidy.amount))?;
        let left = track.gross.minus(fees)?.plus(subsidies)?;
        Ok((left != of).then_some(DOES_NOT_ADD_UP))
    }

    /// Its pin, at the instant it was sold.
    pub fn pin(&self, at: Instant, payable: Minor, dims: Dims) -> Pin {
        Pin {
            at,
            payable,
            attribution: Attribution {
                basis: Basis::Platform,
                party: Some(self.promoter),
                click: None,
                clicked_at: None,
                scope: None,
            },
            dims,
            formula: FormulaId(uuid::Uuid::nil()),
            formula_version: 0,
            rule: None,
            why_nothing: None,
            lost: Vec::new(),
            lost_more: std::collections::BTreeMap::new(),
            terms: Some(Terms {
                merchant: self.payer,
                rounding: Rounding::HalfUp,
                base: BaseTerms {
                    add_back: Vec::new(),
                    kept_deposit: false,
                },
                content_fee: None,
                fees: self.fees.clone(),
                subsidies: self.subsidies.clone(),
                chain: self.takers.clone(),
                settleable: self.settleable,
                as_reported: self.rate.is_none(),
            }),
            reservation: None,
            brought_over: Some(Agreed {
                cutover: self.cutover,
                rate: self.rate,
            }),
        }
    }
}
