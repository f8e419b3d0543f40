//! Entries as plain-text accounting: what tests expect, what `report entries` prints, what hledger reads.
//! Must never be parsed back into money.

use std::fmt::Write;

use chrono::NaiveDate;

use super::{Layer, Leg};

/// One entry as text: a header line, then one line per leg with the amount right-aligned.
/// The estimated layer is a sub-account, so the two layers never meet in a reader of plain-text accounting.
pub fn entry(day: NaiveDate, title: &str, legs: &[Leg]) -> String {
    let mut out = format!("{day} {title}\n");
    let name = |leg: &Leg| match leg.layer {
        Layer::Settled => leg.account.to_string(),
        Layer::Estimated => format!("estimated:{}", leg.account),
    };
    let width = legs.iter().map(|leg| name(leg).len()).max().unwrap_or(0);
    for leg in legs {
        let amount = leg.amount.display(leg.currency);
        let _ = writeln!(out, "    {:width$}  {amount:>14} {}", name(leg), leg.currency);
    }
    out
}
