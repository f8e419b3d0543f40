//! Settlement 结算: a run closes a month, its closing entries bring the month to what contracts and terms give, and its
//! sheets 结算单 say per party and currency what the month came to and what of it is payable.
//! Must never read a leg: what the month moved is told with the command, and a sheet that does not tie is refused.
//!
//! Reading order: `terms` (what the book agreed), `sheet` (a sheet and its arithmetic), `closing` (guarantees and reserves),
//! `event`, `state`, `decide`.

pub mod calendar;
pub mod closing;
pub mod command;
pub mod decide;
pub mod event;
pub mod sheet;
pub mod state;
pub mod terms;
#[cfg(test)]
mod tests;

pub use calendar::{Calendar, CalendarDay, CalendarSet};
pub use closing::{ClosingEvent, ClosingState, GuaranteeFigures, GuaranteeSettled, Hold, ReserveFigures, ReserveMoved};
pub use command::Settle;
pub use event::{
    Exit, RunApproved, RunDrafted, RunDropped, RunEvent, RunIssued, RunLocked, RunReckoned, RunStarted, RunSum,
    RunWaits, SheetAnswered, SheetConfirmed, SheetContested, SheetDeemedConfirmed, SheetDelivered, SheetEvent,
    SheetHeldBack, SheetIssued,
};
pub use sheet::{Other, Part, Sheet, SheetFigures, UnderTerms};
pub use state::{RunState, SheetState, SheetStatus, Stage};
pub use terms::{PayableOn, SettlementTerms, SettlementTermsSet};
