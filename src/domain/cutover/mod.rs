//! Cut-over 期初建账: what other books held when these began. Opening balances, advances, and what a payee had earned and
//! was taxed in the year so far; asked for by one person, approved by a second one.
//! Must never post a balance without its offset on `book:cutover`, which reaches zero when everything is brought over.
//!
//! A cut-over is of the whole book, of one platform, or of one platform account; at most one of each. Lines sold before its
//! instant belong to the books before: they are parked, unless they are brought over with terms of their own (`order`).
//! Openings are dated at the last instant before it, so that the first month's account opens with them. A correction is a
//! further opening; a wrong one is reversed as a whole.

pub mod decide;
mod event;
mod post;
mod state;
#[cfg(test)]
mod tests;

pub use event::{CutoverEvent, LinesNamed, Opening, OpeningBalance, OpeningPosted, OpeningReversed, PayeeYear, Scope};
pub use post::{offset, post};
pub use state::{CutoverState, Standing};
