//! Pure double entry. An event's entry 凭证 is a balanced set of legs 分录, each on an account 科目 in a layer and currency.
//! Must never do I/O, and must never let an unbalanced entry exist.
//!
//! Glossary: entry 凭证, leg 分录, account 科目/账户, available 可付, estimated 预估, frozen 冻结, claw-back 佣金扣回,
//! hold 履约冻结, paid directly by the platform 平台直付, settlement sheet 结算单, account statement 往来对账单.
//!
//! Signs: `+` is credit (the book owes the party), `-` is debit (the party owes the book).

mod account;
mod balance;
mod entry;
mod hold;
#[cfg(test)]
mod tests;
pub mod text;

pub use account::{Account, AccountKind, Layer, Owner};
pub use balance::{BalanceKey, Balances, Stamp, StampedLeg};
pub use entry::{Entry, EntryError, Leg};
pub use hold::{Hold, HoldError};
