//! The verdict on every return of one buyer and item, from the set of lines sold and the set of returns.
//! Must never look at the order of arrival, at earlier verdicts, or at a clock.
//!
//! Returns are taken in order of time, document and row. A return belongs to a line when exactly one line was sold earlier
//! at the same unit price and has enough left; a return that is not certain takes nothing from anybody.

use super::event::{Candidate, Returned, Verdict, Why};
use crate::base::{Instant, LineId};
use crate::money::{Currency, Minor};

/// Candidates kept with a parked return.
pub const CANDIDATES: usize = 32;

/// A line sold to the buyer, as far as returns see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sale {
    /// The line.
    pub line: LineId,
    /// When it was ordered.
    pub at: Instant,
    /// Currency of the amount.
    pub currency: Currency,
    /// Units sold.
    pub units: u32,
    /// Goods paid for them.
    pub paid: Minor,
    /// Units left by refunds that name the line.
    pub left: u32,
}

impl Sale {
    /// The same unit price: compared as fractions, so nothing is rounded.
    fn has_price_of(&self, returned: &Returned) -> bool {
        let ours = i128::from(self.paid.0) * i128::from(returned.units);
        let theirs = i128::from(returned.amount.0) * i128::from(self.units);
        self.currency == returned.currency && ours == theirs
    }
}

/// The verdicts, in the order in which returns are taken: time, document, row.
///
/// INVARIANT: the units matched to a line never exceed what refunds that name it left.
pub fn verdicts<'a>(sales: &[Sale], returns: &[&'a Returned]) -> Vec<(&'a Returned, Verdict)> {
    let mut sales = sales.to_vec();
    sales.sort_unstable_by_key(|sale| (sale.at, sale.line));
    let mut returns = returns.to_vec();
    returns.sort_by(|a, b| (a.at, &a.document, &a.row).cmp(&(b.at, &b.document, &b.row)));
    let judged = returns
        .into_iter()
        .map(|returned| (returned, verdict(&mut sales, returned)));
    judged.collect()
}

fn verdict(sales: &mut [Sale], returned: &Returned) -> Verdict {
    let fits = |sale: &Sale| sale.left >= returned.units && sale.has_price_of(returned);
    let earlier = |sale: &&mut Sale| sale.at < returned.at && sale.left > 0;
    let mut fitting: Vec<&mut Sale> = Vec::new();
    let mut others: Vec<Candidate> = Vec::new();
    for sale in sales.iter_mut().filter(earlier) {
        if fits(sale) {
            fitting.push(sale);
        } else {
            others.push(candidate(sale, false));
        }
    }
    if let [only] = fitting.as_mut_slice() {
        only.left -= returned.units;
        return Verdict::Matched { line: only.line };
    }
    let why = match (fitting.is_empty(), others.is_empty()) {
        (false, _) => Why::FitsSeveral,
        (true, false) => Why::FitsNone,
        (true, true) => Why::WithoutSale,
    };
    let fitting = fitting.iter().map(|sale| candidate(sale, true));
    Verdict::Parked {
        why,
        candidates: fitting.chain(others).take(CANDIDATES).collect(),
    }
}

fn candidate(sale: &Sale, fits: bool) -> Candidate {
    Candidate {
        line: sale.line,
        left: sale.left,
        fits,
    }
}
