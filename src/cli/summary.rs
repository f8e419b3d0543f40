//! The settlement summary that `dev` prints: the sample month per kind of party, the largest first.
//! Must never compute an amount: everything comes from the settlement report.

use std::fmt::Write as _;

use super::fail::Failure;
use crate::base::{LogId, Month, PartyId, PartyKind};
use crate::domain::order::LineStatus;
use crate::engine::Engine;
use crate::money::{Currency, Minor};
use crate::report::{self, At, LineFilter, Page, SettlementRow, Table, Viewer};
use crate::sample;
use crate::store::books;

/// Parties shown of each kind.
const SHOWN: usize = 5;

async fn money_log(engine: &Engine) -> Result<LogId, Failure> {
    let client = engine.pool().get().await?;
    let logs = books::of_book(&client, sample::book()).await?;
    Ok(logs.ok_or_else(|| Failure::new("the sample book is not there"))?.money)
}

/// The sample month, for anchors, agencies, brands and platforms, then the trial balance's verdict.
pub(super) async fn settlement(engine: &Engine) -> Result<String, Failure> {
    let log = money_log(engine).await?;
    let client = engine.pool().get().await?;
    let kinds = [
        PartyKind::Anchor,
        PartyKind::Agency,
        PartyKind::Promoter,
        PartyKind::Brand,
        PartyKind::Platform,
    ];
    let month: Month = sample::MONTH;
    let mut out = String::new();
    for kind in kinds {
        let mut view = report::settlement(&client, log, Viewer::All, kind, month, At::Now).await?;
        view.rows.sort_by_key(|row| std::cmp::Reverse(size(row)));
        let more = view.rows.len().saturating_sub(SHOWN);
        view.rows.truncate(SHOWN);
        let table: Table = view.table();
        let _ = write!(out, "{}", table.text());
        if more > 0 {
            let _ = writeln!(out, "  and {more} more, in the sum above");
        }
    }
    Ok(out)
}

/// How much moved, for the order of rows.
fn size(row: &SettlementRow) -> Minor {
    let parse = |text: &str, currency: &str| {
        let currency: Currency = currency.parse().ok()?;
        Minor::parse(text, currency).ok()
    };
    let settled = parse(&row.settled.amount, &row.settled.currency).unwrap_or_default();
    Minor(settled.0.saturating_abs())
}

/// A line of a party, to try `explain` on: a settled one when there is one on the first page.
pub(super) async fn line_of(engine: &Engine, party: PartyId) -> Result<Option<String>, Failure> {
    let log = money_log(engine).await?;
    let client = engine.pool().get().await?;
    let filter = LineFilter {
        party: Some(party),
        ..LineFilter::default()
    };
    let view = report::lines(&client, log, Viewer::Party(party), filter, &Page::first(100)).await?;
    let settled = view.lines.iter().find(|line| line.status == LineStatus::Settled);
    Ok(settled.or(view.lines.first()).map(|line| line.line.to_string()))
}
