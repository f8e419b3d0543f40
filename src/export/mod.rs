//! Files that people take away: the plain-text journal, vouchers 凭证, and printed sheets. They print what reports say.
//! Must never decide, sum what a report has not summed, or hold a whole export in memory.

pub mod archive;
pub mod canvas;
pub mod font;
pub mod journal;
pub mod paper;
pub mod sheet;
pub mod statement;
pub mod voucher;
pub mod words;
