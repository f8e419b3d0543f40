//! The pass over a statement file: rows with facts of the platform, or movements of its cash, and what was counted.
//! Must never hold more than a row.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::mpsc;

use super::rows::named;
use crate::base::{BookId, ExternalId, LineId};
use crate::domain::order::LineFact;
use crate::intake::emit::Told as Emitted;
use crate::intake::import::{ImportError, Pass};
use crate::intake::plan::Plan;
use crate::intake::reader::{Origin, Read1, Reader};
use crate::store::recon::ReconRow;

/// What the pass over the file counted.
#[derive(Default)]
pub(super) struct Counted {
    pub rows: u64,
    pub rejected: u64,
    /// Fees that some row has.
    pub speaks: BTreeSet<String>,
    /// Accounts and shops that rows name.
    pub accounts: BTreeSet<ExternalId>,
    pub shops: BTreeSet<ExternalId>,
}

/// Reads the file on a thread of its own.
pub(super) fn read(
    origin: &Origin,
    plan: &Plan,
    book: BookId,
    platform: &ExternalId,
    sender: &mpsc::Sender<(ReconRow, u64)>,
) -> Result<Counted, ImportError> {
    let mut reader = Reader::new(origin.open(plan)?, plan, book, Pass::Facts);
    let mut counted = Counted::default();
    while let Some(read) = reader.next(None)? {
        let at = reader.progress();
        counted.rows = at.rows;
        let row = i64::try_from(at.rows).unwrap_or(i64::MAX);
        let cash = match reader.cash() {
            Ok(cash) if !matches!(read, Read1::Rejected(_)) => cash,
            Ok(Some(cash)) => Some(cash),
            Ok(None) | Err(_) => {
                counted.rejected += 1;
                continue;
            }
        };
        let mut lines: BTreeMap<LineId, Vec<LineFact>> = BTreeMap::new();
        for told in reader.out.told.drain(..) {
            if let Emitted::Fact(fact) = told
                && fact.platform == *platform
            {
                lines.entry(fact.line).or_default().push(*fact);
            }
        }
        let mut rows: Vec<ReconRow> = lines
            .into_values()
            .filter_map(|facts| of_line(row, facts, &mut counted))
            .collect();
        if let Some(cash) = cash.filter(|cash| cash.platform == *platform) {
            rows.push(ReconRow {
                row,
                nth: 0,
                line: cash.line.as_ref().map(|(line, _)| line.0),
                line_no: cash.line.map(|(_, number)| number.as_str().to_owned()),
                facts: "[]".to_owned(),
                tag: Some(cash.tag.word()),
                amount: Some(cash.amount.0),
                currency: Some(cash.currency.code().to_owned()),
                flow_no: cash.flow_no.map(|number| number.as_str().to_owned()),
                at: cash.at.utc(),
            });
        }
        for (nth, mut one) in (0..).zip(rows) {
            one.nth = nth;
            if sender.blocking_send((one, at.bytes)).is_err() {
                return Ok(counted);
            }
        }
    }
    Ok(counted)
}

fn of_line(row: i64, facts: Vec<LineFact>, counted: &mut Counted) -> Option<ReconRow> {
    let first = facts.first()?;
    for fact in &facts {
        counted.accounts.extend(fact.about.account.clone());
        counted.shops.extend(fact.about.shop_no.clone());
        let track = fact.reported.as_deref().and_then(|reported| reported.settled.as_ref());
        for (name, _) in track.into_iter().flat_map(named) {
            counted.speaks.insert(name);
        }
    }
    Some(ReconRow {
        row,
        nth: 0,
        line: Some(first.line.0),
        line_no: Some(first.line_no.as_str().to_owned()),
        tag: None,
        amount: None,
        currency: facts
            .iter()
            .find_map(|fact| fact.currency)
            .map(|currency| currency.code().to_owned()),
        flow_no: None,
        at: first.at.utc(),
        facts: serde_json_canonicalizer::to_string(&facts).unwrap_or_default(),
    })
}
