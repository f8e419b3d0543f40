//! What came of an import: counts, sums of the raw decimals, and the first rejected rows.
//! Must never grow with the file: codes and reasons are counted, only the first rejected rows are kept. Suppliers of offers
//! are told apart by their numbers, and there are fewer of them than of offers.

use std::collections::{BTreeMap, HashSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::emit::{Figure, RowFault, Taken};
use crate::domain::command::{OfferFate, OfferOutcome, OfferTold};
use crate::money::Currency;

/// Rejected rows that are kept for the report; the others are counted.
pub const KEPT: usize = 100;

/// A count with a word for the measure and, where there is one, a code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// What is counted, such as `rows read` or `facts parked`.
    pub measure: String,
    /// Code, reason or field.
    pub code: String,
    /// How many.
    pub count: u64,
    /// Sum of raw decimals with its currency, for amounts.
    pub sum: Option<(Decimal, Currency)>,
}

/// One line of the result table as it is kept: the sum is a text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptLine {
    /// What is counted.
    pub measure: String,
    /// Code, reason or field.
    pub code: String,
    /// How many.
    pub count: u64,
    /// Sum of raw decimals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<String>,
    /// Its currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

impl KeptLine {
    fn of(line: Line) -> KeptLine {
        KeptLine {
            measure: line.measure,
            code: line.code,
            count: line.count,
            sum: line.sum.map(|(sum, _)| sum.to_string()),
            currency: line.sum.map(|(_, currency)| currency.code().to_owned()),
        }
    }
}

/// A sum of raw decimals.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Sum {
    count: u64,
    raw: Decimal,
    difference: Decimal,
    rounded: u64,
    overflowed: bool,
}

/// What became of clicks and facts; kept with an import's progress.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Outcomes {
    /// Clicks recorded for the first time.
    pub clicks_new: u64,
    /// Clicks known before.
    pub clicks_repeated: u64,
    /// Facts known before.
    pub facts_repeated: u64,
    /// Facts told for the first time, by state, then by code.
    pub facts: BTreeMap<String, BTreeMap<String, u64>>,
    /// Offers by what became of them, then by code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub offers: BTreeMap<String, BTreeMap<String, u64>>,
    /// Suppliers registered with their offers.
    #[serde(default)]
    pub suppliers_new: u64,
    /// Offers whose company is not the name that their supplier goes by.
    #[serde(default)]
    pub other_company: u64,
}

impl Outcomes {
    /// Counts a click.
    pub fn click(&mut self, known: bool) {
        self.clicks_new += u64::from(!known);
        self.clicks_repeated += u64::from(known);
    }

    /// Counts a fact known before.
    pub fn repeated(&mut self) {
        self.facts_repeated += 1;
    }

    /// Counts what became of a fact told for the first time.
    pub fn fact(&mut self, state: &str, code: &str) {
        let codes = self.facts.entry(state.to_owned()).or_default();
        *codes.entry(code.to_owned()).or_default() += 1;
    }

    /// Counts what became of an offer.
    pub fn offer(&mut self, outcome: &OfferOutcome) {
        let word = match outcome.state {
            OfferFate::New => "new",
            OfferFate::Changed => "changed",
            OfferFate::Unchanged => "unchanged",
            OfferFate::Refused => "refused",
        };
        let codes = self.offers.entry(word.to_owned()).or_default();
        *codes.entry(outcome.code.clone().unwrap_or_default()).or_default() += 1;
        self.suppliers_new += u64::from(outcome.new_supplier);
        self.other_company += u64::from(outcome.other_company);
    }

    /// Facts told for the first time that came to a state.
    pub fn in_state(&self, state: &str) -> u64 {
        self.facts.get(state).map_or(0, |codes| codes.values().sum())
    }
}

/// What came of an import.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Rows read, good and bad.
    pub rows: u64,
    /// What became of clicks and facts.
    pub outcomes: Outcomes,
    ignored: BTreeMap<String, u64>,
    rejected: BTreeMap<&'static str, u64>,
    told: BTreeMap<&'static str, u64>,
    rules: BTreeMap<&'static str, u64>,
    suppliers: HashSet<String>,
    sums: BTreeMap<(&'static str, &'static str, Currency), Sum>,
    first_rejected: Vec<(u64, RowFault)>,
}

impl Tally {
    /// Counts a row that was used or left out.
    pub fn row(&mut self, taken: Taken<'_>, figures: &[Figure]) {
        self.rows += 1;
        if let Taken::Ignored(reason) = taken {
            match self.ignored.get_mut(reason) {
                Some(count) => *count += 1,
                None => {
                    self.ignored.insert(reason.to_owned(), 1);
                }
            }
        }
        for figure in figures {
            let sum = self
                .sums
                .entry((figure.kind.word(), figure.field, figure.currency))
                .or_default();
            sum.add(figure);
        }
    }

    /// Counts something told by a row, before it was sent.
    pub fn told(&mut self, kind: &'static str) {
        *self.told.entry(kind).or_default() += 1;
    }

    /// Counts how often a stated rule was applied.
    pub fn rule(&mut self, code: &'static str) {
        *self.rules.entry(code).or_default() += 1;
    }

    /// Counts an offer's tiers, its supplier, and the rules applied to it.
    pub fn offer(&mut self, offer: &OfferTold) {
        for note in &offer.terms.notes {
            self.rule(note.word());
        }
        for _ in &offer.terms.tiers {
            self.told("tier");
        }
        if let Some(supplier) = &offer.supplier {
            self.suppliers.insert(supplier.member_no.clone());
        }
    }

    /// Counts a rejected row.
    pub fn rejected(&mut self, number: u64, fault: RowFault) {
        self.rows += 1;
        *self.rejected.entry(fault.code).or_default() += 1;
        if self.first_rejected.len() < KEPT {
            self.first_rejected.push((number, fault));
        }
    }

    /// The same counts of rows with other outcomes.
    #[must_use]
    pub fn with(mut self, outcomes: Outcomes) -> Tally {
        self.outcomes = outcomes;
        self
    }

    /// The result table as it is kept with an import.
    pub fn json(&self) -> String {
        let kept: Vec<KeptLine> = self.lines().into_iter().map(KeptLine::of).collect();
        serde_json::to_string(&kept).unwrap_or_default()
    }

    /// The first rejected rows with their numbers.
    pub fn first_rejected(&self) -> &[(u64, RowFault)] {
        &self.first_rejected
    }

    /// How many rows were rejected.
    pub fn rejected_rows(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// The result table.
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = vec![line("rows read", "", self.rows)];
        for (reason, count) in &self.ignored {
            lines.push(line("rows left out", reason, *count));
        }
        for (code, count) in &self.rejected {
            lines.push(line("rows rejected", code, *count));
        }
        for (kind, count) in &self.told {
            lines.push(line("told", kind, *count));
        }
        if !self.suppliers.is_empty() {
            let suppliers = u64::try_from(self.suppliers.len()).unwrap_or(u64::MAX);
            lines.push(line("told", "supplier", suppliers));
        }
        for (code, count) in &self.rules {
            lines.push(line("rule applied", code, *count));
        }
        let outcomes = &self.outcomes;
        if outcomes.clicks_new + outcomes.clicks_repeated > 0 {
            lines.push(line("clicks recorded", "", outcomes.clicks_new));
            lines.push(line("clicks repeated", "", outcomes.clicks_repeated));
        }
        if outcomes.other_company > 0 {
            lines.push(line("rule applied", "company_differs", outcomes.other_company));
        }
        for (state, codes) in &outcomes.offers {
            for (code, count) in codes {
                lines.push(line(&format!("offers {state}"), code, *count));
            }
        }
        if !outcomes.offers.is_empty() {
            lines.push(line("suppliers new", "", outcomes.suppliers_new));
        }
        for (state, codes) in &outcomes.facts {
            for (code, count) in codes {
                lines.push(line(&format!("facts {state}"), code, *count));
            }
        }
        if outcomes.facts_repeated > 0 {
            lines.push(line("facts repeated", "", outcomes.facts_repeated));
        }
        for ((kind, field, currency), sum) in &self.sums {
            let name = format!("{kind}.{field}");
            let (label, raw) = if sum.overflowed {
                ("sum as read (too large)", Decimal::MAX)
            } else {
                ("sum as read", sum.raw)
            };
            lines.push(Line {
                sum: Some((raw, *currency)),
                ..line(label, &name, sum.count)
            });
            if sum.rounded > 0 {
                lines.push(Line {
                    sum: Some((sum.difference, *currency)),
                    ..line("rounded to the currency, sum of the differences", &name, sum.rounded)
                });
            }
        }
        lines
    }
}

impl Sum {
    fn add(&mut self, figure: &Figure) {
        self.count += 1;
        let amount = figure.amount;
        match (
            self.raw.checked_add(amount.raw),
            self.difference.checked_add(amount.difference),
        ) {
            (Some(raw), Some(difference)) => {
                self.raw = raw;
                self.difference = difference;
            }
            _ => self.overflowed = true,
        }
        self.rounded += u64::from(!amount.difference.is_zero());
    }
}

fn line(measure: &str, code: &str, count: u64) -> Line {
    Line {
        measure: measure.to_owned(),
        code: code.to_owned(),
        count,
        sum: None,
    }
}
