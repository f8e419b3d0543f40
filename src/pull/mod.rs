//! Pull: order queries of platforms are asked window by window, and their rows become facts, nothing missed, nothing doubled.
//! Must never decide money, keep or print a secret, or move a cursor before the facts under it are durable.
//!
//! Pure: `config` (the user's TOML), `secret`, `sign` (signatures), `window` (what to ask next), `ask` (a request), `answer`
//! (its answer), `fault`. With I/O: `net` (the guarded HTTP client), `clock`, `round` (one source pulled up to now), `tell`
//! (rows to the engine). What is kept between runs stands in `store::pulls`.
//!
//! INVARIANT: a window counts as covered only after every page of it was kept raw and its facts were acknowledged. A run may
//! be killed anywhere: the next one asks the unfinished page again, and facts are identified by themselves.

pub mod answer;
pub mod ask;
pub mod clock;
pub mod config;
pub mod fault;
pub mod net;
pub mod round;
pub mod secret;
pub mod sign;
mod tell;
#[cfg(test)]
mod tests;
pub mod window;

pub use clock::{Clock, SystemClock};
pub use config::{Config, Source};
pub use fault::{Fault, PullError};
pub use round::{Puller, Round};
pub use window::Window;

/// A documented configuration file to start from.
pub const SAMPLE: &str = include_str!("sample.toml");
