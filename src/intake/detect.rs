//! Which ready mapping a file fits: each is tried on the first rows, and the best is named with its reasons.
//! Must never choose between two that fit alike, and must never change anything.

use std::path::Path;

use uuid::Uuid;

use super::emit::{Emitted, RowFault};
use super::plan::{Cells, Plan};
use super::ready::READY;
use super::source::{Next, Rows, SourceError};
use crate::base::BookId;

/// Rows that are tried.
const ROWS: u64 = 20;

/// How a ready mapping fits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fit {
    /// Name of the mapping.
    pub name: &'static str,
    /// How many of its columns the file has.
    pub columns: usize,
    /// How many columns it knows.
    pub known: usize,
    /// How many of the rows tried it understands, the ones it leaves out on purpose included.
    pub understood: u64,
    /// How many rows were tried.
    pub tried: u64,
    /// What it could not read first, with its column.
    pub fault: Option<RowFault>,
}

impl Fit {
    /// Fits, well enough to be named: it understands at least half of the rows.
    pub fn fits(&self) -> bool {
        self.columns > 0 && self.understood.saturating_mul(2) >= self.tried
    }

    /// The reason in a sentence.
    pub fn reason(&self) -> String {
        let rows = match self.tried {
            0 => "no rows to try".to_owned(),
            tried => format!("understands {} of the first {tried} rows", self.understood),
        };
        let fault = self.fault.as_ref().map_or(String::new(), |fault| format!("; {fault}"));
        format!(
            "the file has {} of its {} columns; {rows}{fault}",
            self.columns, self.known
        )
    }
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Detected {
    /// The mapping that fits best, if there is one and no other fits alike.
    pub best: Option<&'static str>,
    /// Every ready mapping, the best first.
    pub fits: Vec<Fit>,
}

impl Detected {
    /// Those that fit alike, when none can be named.
    pub fn alike(&self) -> Vec<&'static str> {
        let first = self.fits.first().map(rank);
        let alike = self.fits.iter().filter(|fit| fit.fits() && Some(rank(fit)) == first);
        alike.map(|fit| fit.name).collect()
    }
}

/// Fits first, then the one whose columns the file has most of.
fn rank(fit: &Fit) -> (bool, usize) {
    (fit.fits(), fit.columns)
}

/// Tries every ready mapping on a file.
pub fn file(path: &Path) -> Result<Detected, SourceError> {
    detect(|plan| Rows::open(path, plan))
}

/// Tries every ready mapping; `open` opens the rows under a mapping.
pub fn detect(open: impl Fn(&Plan) -> Result<Rows, SourceError>) -> Result<Detected, SourceError> {
    let mut fits = Vec::with_capacity(READY.len());
    for (name, text) in READY {
        let Ok(plan) = Plan::parse(text) else { continue };
        fits.push(match open(&plan) {
            Ok(rows) => fit(name, &plan, rows)?,
            Err(SourceError::Header { fault, .. }) => Fit {
                name,
                columns: 0,
                known: plan.columns.len(),
                understood: 0,
                tried: 0,
                fault: Some(fault),
            },
            Err(error) => return Err(error),
        });
    }
    fits.sort_by_key(|fit| std::cmp::Reverse(rank(fit)));
    let mut detected = Detected { best: None, fits };
    if let [only] = detected.alike().as_slice() {
        detected.best = Some(only);
    }
    Ok(detected)
}

fn fit(name: &'static str, plan: &Plan, mut rows: Rows) -> Result<Fit, SourceError> {
    let (mut cells, mut out) = (Cells::default(), Emitted::default());
    let mut seen = vec![false; plan.columns.len()];
    let mut fit = Fit {
        name,
        columns: 0,
        known: plan.columns.len(),
        understood: 0,
        tried: 0,
        fault: None,
    };
    while fit.tried < ROWS {
        let fault = match rows.next(&mut cells)? {
            Next::End => break,
            Next::Bad(fault) => Some(fault),
            Next::Row => {
                for (slot, seen) in seen.iter_mut().enumerate() {
                    *seen |= cells.get(slot).is_some();
                }
                plan.row(BookId(Uuid::nil()), &cells, 1, &mut out).err()
            }
        };
        fit.tried += 1;
        match fault {
            None => fit.understood += 1,
            Some(fault) => drop(fit.fault.get_or_insert(fault)),
        }
    }
    let filled = seen.iter().filter(|seen| **seen).count();
    fit.columns = rows.bound().unwrap_or(filled);
    Ok(fit)
}
