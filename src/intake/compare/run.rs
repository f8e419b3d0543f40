//! The comparison itself: rows of the sheet against the ledger's lines of the month.
//! Must never keep a row that found its line, and must never round: amounts are equal, or they differ.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::layout::{Layout, Row};
use super::{CompareError, Component, MOST_ABSENT, MOST_LINES};
use crate::base::{BookId, LineId, Month, PartyId};
use crate::intake::plan::Cells;
use crate::intake::source::{Next, Rows};
use crate::money::{Minor, MoneyError};

/// In what a line differs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// In the sheet, not in the ledger.
    MissingHere,
    /// In the ledger, not in the sheet.
    MissingThere,
    /// Both have it, with another amount.
    AmountDiffers,
    /// Both have it, of another anchor.
    AnchorDiffers,
    /// Both have it, in another month.
    PeriodDiffers,
    /// The sheet has it more than once.
    TwiceThere,
    /// The row cannot be read.
    Unreadable,
}

impl Kind {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Kind::MissingHere => "missing_here",
            Kind::MissingThere => "missing_there",
            Kind::AmountDiffers => "amount_differs",
            Kind::AnchorDiffers => "anchor_differs",
            Kind::PeriodDiffers => "period_differs",
            Kind::TwiceThere => "twice_there",
            Kind::Unreadable => "unreadable",
        }
    }
}

/// One difference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// In what.
    pub kind: Kind,
    /// Row of the sheet, from 1; none for a line that it does not have.
    pub row: Option<u64>,
    /// The platform's line number.
    pub line_no: String,
    /// The anchor by the sheet; where it has none, by the ledger.
    pub anchor: String,
    /// Which amount.
    pub component: Option<Component>,
    /// By the sheet.
    pub there: String,
    /// By the ledger.
    pub here: String,
}

/// A line as the ledger settled it in the month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Here {
    /// Its number.
    pub line_no: Box<str>,
    /// Who promoted it.
    pub promoter: Option<PartyId>,
    /// In the order of `Component::ALL`.
    pub amounts: [Minor; 4],
    /// Found in the sheet.
    pub seen: bool,
}

/// A row that the month does not have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Absent {
    /// Row of the sheet.
    pub row: u64,
    /// The line.
    pub line: LineId,
    line_no: Box<str>,
    anchor: Box<str>,
    amount: Option<Minor>,
}

/// What the ledger knows of a line that it did not settle in the month.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Elsewhere {
    /// Settled in another month.
    Settled(Month),
    /// Known, nothing of it settled.
    NotSettled,
}

/// Names of parties, by which a sheet may call them: name, own number, id.
#[derive(Clone, Debug, Default)]
pub struct Anchors {
    names: HashMap<PartyId, (String, Option<String>)>,
    by_text: HashMap<String, PartyId>,
}

impl Anchors {
    /// Tells a party.
    pub fn tell(&mut self, party: PartyId, name: String, number: Option<String>) {
        let texts = number.iter().chain([&name]).cloned();
        for text in texts {
            self.by_text.entry(text).or_insert(party);
        }
        self.by_text.insert(party.to_string(), party);
        self.names.insert(party, (name, number));
    }

    fn name(&self, party: Option<PartyId>) -> String {
        let known = party.and_then(|party| self.names.get(&party));
        known.map_or_else(
            || party.map(|party| party.to_string()).unwrap_or_default(),
            |(name, _)| name.clone(),
        )
    }

    /// Two parties of one name are told apart by the line itself: the text names the promoter, or it does not.
    fn is_called(&self, party: Option<PartyId>, text: &str) -> bool {
        let Some(party) = party else { return text.is_empty() };
        let Some((name, number)) = self.names.get(&party) else {
            return party.to_string() == text;
        };
        name == text || number.as_deref() == Some(text) || party.to_string() == text
    }

    fn called(&self, text: &str) -> String {
        self.by_text
            .get(text)
            .map_or_else(|| text.to_owned(), |party| self.name(Some(*party)))
    }
}

/// Amounts of an anchor's lines on both sides, in the order of `Component::ALL`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SumsOf {
    /// Lines by the sheet, and by the ledger.
    pub lines: (u64, u64),
    /// By the sheet.
    pub there: [Minor; 4],
    /// By the ledger.
    pub here: [Minor; 4],
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Rows of the sheet, those that are no lines included.
    pub rows: u64,
    /// Rows left out by the layout.
    pub ignored: u64,
    /// Rows of other months.
    pub other_months: u64,
    /// Lines that are equal on both sides.
    pub equal: u64,
    /// Differences by kind.
    pub differences: BTreeMap<Kind, u64>,
    /// Sums per anchor.
    pub anchors: BTreeMap<String, SumsOf>,
}

type Out<'a> = dyn FnMut(Difference) -> Result<(), CompareError> + 'a;

/// A comparison under way: tell it the ledger's lines, let it read the sheet, look up what it did not find, end it.
pub struct Comparison<'a> {
    layout: &'a Layout,
    book: BookId,
    period: Month,
    tolerance: Minor,
    anchors: Anchors,
    lines: HashMap<LineId, Here>,
    absent: Vec<Absent>,
    summary: Summary,
}

impl<'a> Comparison<'a> {
    /// Begins a comparison of a month. Amounts further apart than `tolerance` differ.
    pub fn begin(
        layout: &'a Layout,
        book: BookId,
        period: Month,
        tolerance: Minor,
        anchors: Anchors,
    ) -> Comparison<'a> {
        Comparison {
            layout,
            book,
            period,
            tolerance,
            anchors,
            lines: HashMap::new(),
            absent: Vec::new(),
            summary: Summary::default(),
        }
    }

    /// Tells a line of the month.
    pub fn here(&mut self, line: LineId, here: Here) -> Result<(), CompareError> {
        if self.lines.len() >= MOST_LINES {
            return Err(CompareError::TooManyLines);
        }
        self.lines.insert(line, here);
        Ok(())
    }

    /// Reads the sheet.
    pub fn read(&mut self, path: &Path, out: &mut Out<'_>) -> Result<(), CompareError> {
        let mut rows = Rows::open(path, &self.layout.plan)?;
        let mut cells = Cells::default();
        loop {
            let fault = match rows.next(&mut cells)? {
                Next::End => return Ok(()),
                Next::Bad(fault) => Some(fault),
                Next::Row => match self.layout.row(&cells) {
                    Ok(Some(row)) => {
                        self.row(rows.number(), &row, out)?;
                        None
                    }
                    Ok(None) => {
                        self.summary.ignored += 1;
                        None
                    }
                    Err(fault) => Some(fault),
                },
            };
            self.summary.rows += 1;
            if let Some(fault) = fault {
                let unreadable = Difference {
                    row: Some(rows.number()),
                    there: fault.to_string(),
                    ..difference(Kind::Unreadable, "", String::new())
                };
                self.differs(unreadable, out)?;
            }
        }
    }

    fn row(&mut self, number: u64, row: &Row, out: &mut Out<'_>) -> Result<(), CompareError> {
        let line = LineId::of(self.book, row.platform.as_str(), row.line_no.as_str());
        let told = row.anchor.as_deref();
        let other_month = row.period.filter(|period| *period != self.period);
        let Some(here) = self.lines.get_mut(&line) else {
            if other_month.is_some() {
                self.summary.other_months += 1;
                return Ok(());
            }
            return self.absent(number, line, row);
        };
        let twice = std::mem::replace(&mut here.seen, true);
        let here = here.clone();
        let found = |kind| Difference {
            row: Some(number),
            ..difference(kind, &here.line_no, told.unwrap_or_default().to_owned())
        };
        if twice {
            self.add_there(told, &row.amounts)?;
            return self.differs(found(Kind::TwiceThere), out);
        }
        if let Some(month) = other_month {
            let differs = Difference {
                there: month.to_string(),
                here: self.period.to_string(),
                ..found(Kind::PeriodDiffers)
            };
            return self.differs(differs, out);
        }
        self.add_there(told, &row.amounts)?;
        let before: u64 = self.summary.differences.values().sum();
        if told.is_some_and(|text| !self.anchors.is_called(here.promoter, text)) {
            let differs = Difference {
                there: told.unwrap_or_default().to_owned(),
                here: self.anchors.name(here.promoter),
                ..found(Kind::AnchorDiffers)
            };
            self.differs(differs, out)?;
        }
        for ((component, there), amount) in Component::ALL.into_iter().zip(row.amounts).zip(here.amounts) {
            let Some(there) = there else { continue };
            if there.0.abs_diff(amount.0) <= self.tolerance.0.unsigned_abs() {
                continue;
            }
            let differs = Difference {
                component: Some(component),
                there: there.display(self.layout.currency),
                here: amount.display(self.layout.currency),
                ..found(Kind::AmountDiffers)
            };
            self.differs(differs, out)?;
        }
        let after: u64 = self.summary.differences.values().sum();
        self.summary.equal += u64::from(before == after);
        Ok(())
    }

    fn absent(&mut self, row: u64, line: LineId, told: &Row) -> Result<(), CompareError> {
        if self.absent.len() >= MOST_ABSENT {
            return Err(CompareError::TooManyAbsent);
        }
        let anchor = told.anchor.as_deref().unwrap_or_default();
        self.add_there(Some(anchor), &told.amounts)?;
        self.absent.push(Absent {
            row,
            line,
            line_no: told.line_no.as_str().into(),
            anchor: anchor.into(),
            amount: told.amounts.into_iter().flatten().next(),
        });
        Ok(())
    }

    /// The lines that the month does not have, to be looked up.
    pub fn to_look_up(&self) -> Vec<LineId> {
        self.absent.iter().map(|absent| absent.line).collect()
    }

    /// Ends the comparison; `elsewhere` says what the ledger knows of those looked up.
    pub fn end(mut self, elsewhere: &HashMap<LineId, Elsewhere>, out: &mut Out<'_>) -> Result<Summary, CompareError> {
        let currency = self.layout.currency;
        for absent in std::mem::take(&mut self.absent) {
            let (kind, there, here) = match elsewhere.get(&absent.line) {
                Some(Elsewhere::Settled(month)) => (Kind::PeriodDiffers, self.period.to_string(), month.to_string()),
                known => (
                    Kind::MissingHere,
                    absent.amount.map(|amount| amount.display(currency)).unwrap_or_default(),
                    known.map_or_else(String::new, |_| "known, nothing settled".to_owned()),
                ),
            };
            let differs = Difference {
                row: Some(absent.row),
                there,
                here,
                ..difference(kind, &absent.line_no, absent.anchor.into())
            };
            self.differs(differs, out)?;
        }
        let mut left: Vec<Here> = Vec::new();
        for (_, here) in std::mem::take(&mut self.lines) {
            let name = self.anchors.name(here.promoter);
            let sums = self.summary.anchors.entry(name).or_default();
            sums.lines.1 += 1;
            add(&mut sums.here, &here.amounts.map(Some)).map_err(too_large)?;
            if !here.seen {
                left.push(here);
            }
        }
        left.sort_unstable_by(|a, b| a.line_no.cmp(&b.line_no));
        for here in left {
            // A line whose amounts of the month cancel out moved nothing that a sheet would show.
            if here.amounts.iter().all(|amount| amount.is_zero()) {
                continue;
            }
            let [commission, ..] = here.amounts;
            let differs = Difference {
                here: commission.display(currency),
                ..difference(Kind::MissingThere, &here.line_no, self.anchors.name(here.promoter))
            };
            self.differs(differs, out)?;
        }
        Ok(self.summary)
    }

    fn add_there(&mut self, anchor: Option<&str>, amounts: &[Option<Minor>; 4]) -> Result<(), CompareError> {
        let name = self.anchors.called(anchor.unwrap_or_default());
        let sums = self.summary.anchors.entry(name).or_default();
        sums.lines.0 += 1;
        add(&mut sums.there, amounts).map_err(too_large)
    }

    fn differs(&mut self, difference: Difference, out: &mut Out<'_>) -> Result<(), CompareError> {
        *self.summary.differences.entry(difference.kind).or_default() += 1;
        out(difference)
    }
}

fn difference(kind: Kind, line_no: &str, anchor: String) -> Difference {
    Difference {
        kind,
        row: None,
        line_no: line_no.to_owned(),
        anchor,
        component: None,
        there: String::new(),
        here: String::new(),
    }
}

fn add(sums: &mut [Minor; 4], amounts: &[Option<Minor>; 4]) -> Result<(), MoneyError> {
    for (sum, amount) in sums.iter_mut().zip(amounts) {
        *sum = sum.plus(amount.unwrap_or_default())?;
    }
    Ok(())
}

fn too_large(error: MoneyError) -> CompareError {
    CompareError::Output(error.to_string())
}
