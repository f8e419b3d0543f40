//! Findings of a line as breaks to keep: named by what they say, with what an acceptance would do.
//! Must never put a day, a position or a run into a break's name: the same difference is the same break for ever.

use std::collections::BTreeMap;

use super::ours::Side;
use super::rows::Told;
use crate::base::{Instant, LineId, LogId, derive_uuid};
use crate::domain::command::Pending;
use crate::domain::order::{About, LineFact, What};
use crate::domain::recon::sides::{Finding, Value};
use crate::domain::recon::{Cause, Proposal};
use crate::ledger::Leg;
use crate::money::{Currency, Minor, MoneyError};
use crate::store::recon::BreakRow;

/// What a break is of.
pub(super) struct Of<'a> {
    /// The log.
    pub log: LogId,
    /// The line; none for cash without one.
    pub line: Option<(LineId, &'a str)>,
    /// Currency of both sides.
    pub currency: Option<Currency>,
    /// Rows of the statement about the line.
    pub told: &'a [Told],
    /// The ledger's side.
    pub side: Option<&'a Side>,
    /// The book's time.
    pub now: Instant,
    /// Name of what is compared, for reasons: file and month.
    pub statement: &'a str,
}

fn text(value: &Value, currency: Option<Currency>) -> String {
    match value {
        Value::None => String::new(),
        Value::Money(amount) => currency.map_or_else(|| amount.0.to_string(), |currency| amount.display(currency)),
        Value::Rate(rate) => rate.to_string(),
        Value::Month(month) => month.to_string(),
        Value::Word(word) => (*word).to_owned(),
    }
}

fn minor(value: &Value) -> Option<i64> {
    match value {
        Value::Money(amount) => Some(amount.0),
        _ => None,
    }
}

/// Breaks of one line. `numbers` gives each its number.
pub(super) fn breaks(
    findings: Vec<Finding>,
    of: &Of<'_>,
    numbers: &mut impl FnMut() -> i32,
) -> Result<Vec<BreakRow>, MoneyError> {
    let mut alike: BTreeMap<String, u32> = BTreeMap::new();
    let mut all = Vec::with_capacity(findings.len());
    for found in findings {
        let (ours, theirs) = (text(&found.ours, of.currency), text(&found.theirs, of.currency));
        let line = of.line.map(|(line, _)| line.to_string()).unwrap_or_default();
        let case = found.case.clone().unwrap_or_default();
        let name = [
            line.as_str(),
            found.class.word(),
            found.cause.word(),
            &found.component,
            &case,
            &ours,
            &theirs,
        ];
        let again = alike.entry(name.join("\n")).or_default();
        *again = again.saturating_add(1);
        let again = again.to_string();
        let mut parts = name.to_vec();
        parts.push(&again);
        if of.line.is_none() {
            // What belongs to no line is told apart by the statement and its row.
            parts.push(of.statement);
        }
        let row = found.row.map(|row| row.to_string()).unwrap_or_default();
        if of.line.is_none() {
            parts.push(&row);
        }
        let facts = facts(&found, of);
        let adjust = adjust(&found, of)?;
        all.push(BreakRow {
            number: numbers(),
            break_id: derive_uuid("break", of.log.0, &parts),
            class: found.class.word(),
            cause: found.cause.word(),
            component: found.component.clone(),
            line: of.line.map(|(line, _)| line.0),
            line_no: of.line.map(|(_, number)| number.to_owned()),
            case_no: found.case.clone(),
            row: found.row,
            currency: of.currency.map(|currency| currency.code().to_owned()),
            ours: minor(&found.ours),
            theirs: minor(&found.theirs),
            ours_text: ours,
            theirs_text: theirs,
            difference: found.difference.map(|amount| amount.0),
            proposal: found.proposal.word(),
            until: found.until.map(Instant::utc),
            facts: json(&facts),
            adjust: adjust.as_ref().map(json),
        });
    }
    Ok(all)
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json_canonicalizer::to_string(value).unwrap_or_default()
}

/// What an acceptance tells.
fn facts(found: &Finding, of: &Of<'_>) -> Vec<LineFact> {
    if found.proposal != Proposal::TellFacts {
        return Vec::new();
    }
    let row = of.told.iter().find(|told| Some(told.row) == found.row);
    match found.cause {
        // Of a line that is unknown or behind, everything that the statement says.
        Cause::LineUnknown | Cause::BehindHere => of.told.iter().flat_map(|told| told.facts.clone()).collect(),
        Cause::DeductedThere => row.into_iter().flat_map(|told| deducted(&told.facts)).collect(),
        _ => row.map(|told| told.facts.clone()).unwrap_or_default(),
    }
}

/// The win is known, with its own words: only its deduction is told.
fn deducted(facts: &[LineFact]) -> Vec<LineFact> {
    let deduction = |fact: &LineFact| match &fact.what {
        What::RefundWon { case, .. } | What::RefundDeducted { case } => Some(LineFact {
            what: What::RefundDeducted { case: case.clone() },
            about: About::default(),
            reported: None,
            currency: None,
            ..fact.clone()
        }),
        _ => None,
    };
    facts.iter().find_map(deduction).into_iter().collect()
}

fn adjust(found: &Finding, of: &Of<'_>) -> Result<Option<Pending>, MoneyError> {
    let (Proposal::Adjust, Some(side)) = (found.proposal, of.side) else {
        return Ok(None);
    };
    let legs: Option<Vec<Leg>> = match (found.cause, found.difference) {
        (Cause::NotReported, _) => side.reverse()?,
        (_, Some(more)) => side.shift_fee(&found.component, more)?,
        (_, None) => None,
    };
    let line = of.line.map_or("", |(_, number)| number);
    let amount = found.difference.unwrap_or(Minor::ZERO);
    let amount = of.currency.map(|currency| amount.display(currency)).unwrap_or_default();
    Ok(legs.map(|legs| Pending::Adjust {
        at: side.settled_at.map_or(of.now, |at| at.min(of.now)),
        reason: format!(
            "对账 {} {} {line} {amount} ({})",
            found.class.word(),
            found.component,
            of.statement
        ),
        legs,
        purpose: None,
        files: Vec::new(),
    }))
}
