//! Small vocabulary under everything: typed ids, instants and business calendar, text that people typed, pages.
//! Must never do I/O or read a clock.

pub mod id;
pub mod number_text;
pub mod text;
pub mod time;
pub mod words;

pub use id::*;
pub use text::{ExternalId, FileId, Name, TextError};
pub use time::{Instant, Month, Zone};
