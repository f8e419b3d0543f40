//! Money: integer minor units, ISO 4217 currencies, rates in parts per million, explicit rounding, exact splits.
//! Must never hold a float, import another module of ours, or let two currencies meet.

mod amount;
mod currency;
mod rate;
mod rounding;
mod split;
#[cfg(test)]
mod tests;

pub use amount::{Minor, Money, MoneyError};
pub use currency::Currency;
pub use rate::{Rate, RateError};
pub use rounding::Rounding;
pub use split::allocate;
