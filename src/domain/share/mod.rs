//! Share formulas of agency contracts 机构分成: named deductions before the split, tiers on the month, team shares; and
//! what a contract's lines came to in a month, with the true-up 分成结算差额 that follows from it.
//! Must never look at a line or a party: contracts and lines speak of their share in the words of this slice.
//!
//! A line posts a provisional share when it settles. Its figures are counted in one stream for each contract, terms and
//! month; every event of that stream carries the totals after it, so the last one is the state, as with limited rules.
//! Why a counter and not a query: the totals are then a fold of this log's own events (decision B3), they stand under the
//! head's lock and see the batch's earlier events, a rebuild needs nothing new, and a true-up can be explained from events.
//! It costs one small event for each line settled or refunded under a contract with tiers, and nothing for all others.

pub mod decide;
pub mod event;
pub mod formula;
pub mod post;
pub mod state;
#[cfg(test)]
mod tests;

pub use event::{ShareAccrued, ShareEvent, TruedUp};
pub use formula::{Bearer, Deduction, Guarantee, GuaranteeMode, Measure, Method, MonthlyTiers, ShareFormula, Side};
pub use state::{Figures, ShareState};
