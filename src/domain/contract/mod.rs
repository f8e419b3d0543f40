//! Brand contracts V任务: terms that both sides accepted, money set aside for them, deliveries, reviews, disputes, endings.
//! Must never pay out more than was set aside, nor move money without an event that carries every amount.
//!
//! The life of a contract: awarded -> funded -> running -> settled, with the side exits lapsed, cancelled and failed. Each
//! deliverable 交付项 has a life of its own: planned -> scheduled -> delivered -> accepted (or measured, for forms that pay
//! on sales) -> closed, with revision and dispute between. Money is set aside in the brand's `held` account by one hold
//! per contract (履约冻结): escrow in = out + held after every event. This ledger records; it does not hold money.
//!
//! Three sides act: the brand, the anchor's side (the anchor, its agencies, the awarded agency), and the book, which also
//! arbitrates and may act for a side that has no key. Clocks are terms of the contract; they fire as timers (decision B13).
//!
//! Glossary: brief 任务单, award 定标, deliverable 交付项, hold 履约冻结, slot fee 坑位费, sales guarantee 保量, penalty 违约金,
//! silent acceptance 默认验收, arbitration 裁决, rating 评价.

pub mod actions;
pub mod clocks;
pub mod decide;
mod ending;
pub mod event;
pub mod forms;
pub mod money;
mod results;
pub mod state;
pub mod terms;
#[cfg(test)]
mod tests;
mod work;

pub use actions::{Action, Side};
pub use event::{Awarded, ContractEvent, Taker, TakerKeeps, TimerSet, What};
pub use forms::{Commission, Form, Guarantee, Measured, Remedy};
pub use state::{ContractState, Phase, Status, Work};
pub use terms::{Channel, Clocks, Deliverable, ServiceFee, Terms};

use crate::ledger::{Entry, EntryError};

/// Legs of a contract's event.
pub fn post(event: &ContractEvent) -> Result<Entry, EntryError> {
    Entry::balanced(event.legs.iter().copied())
}
