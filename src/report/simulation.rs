//! What if 试算: the lines of a month under other rates, drafted rules or other shares, and the difference for each party.
//! Must never write, and never show one other party's figure to a party: those are a range over at least five (C3).
//!
//! Both sides are reckoned from the facts of each line as they stand, so that what was adjusted, settled or paid since does
//! not count as a difference. One line is in memory at a time.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;

use super::names::Names;
use super::scan::Scan;
use super::{Money, ReportError, Viewer};
use crate::base::{LogId, Month, PartyId, PartyKind};
use crate::domain::order::LineState;
use crate::domain::order::what_if::{Draft, Outcome, has_tiers, what_if};
use crate::ledger::Owner;
use crate::money::{Currency, Minor};

/// Fewer parties than these are never shown as a range.
const FEWEST: usize = 5;

/// What one party's lines come to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SimulatedParty {
    /// Whose.
    #[schema(value_type = String)]
    pub party: PartyId,
    /// Its name.
    pub name: String,
    /// As it stands, estimated and settled together; what a brand owes is negative.
    pub now: Money,
    /// As it would be.
    pub then: Money,
    /// What it would be more, or less.
    pub difference: Money,
}

/// What parties of a kind would get more or less: of those that the viewer may not see one by one, at least five.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SimulatedRange {
    /// Kind of party.
    #[schema(value_type = String)]
    pub kind: PartyKind,
    /// How many.
    pub parties: u64,
    /// The least difference.
    pub lowest: Money,
    /// The largest.
    pub highest: Money,
}

/// All parties of a kind together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SimulatedSum {
    /// Kind of party.
    #[schema(value_type = String)]
    pub kind: PartyKind,
    /// As it stands.
    pub now: Money,
    /// As it would be.
    pub then: Money,
    /// The difference.
    pub difference: Money,
}

/// A month under a draft.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SimulationView {
    /// The position that both sides reflect.
    pub position: i64,
    /// Lines ordered in this month.
    #[schema(value_type = String)]
    pub period: Month,
    /// Lines looked at.
    pub lines: u64,
    /// Lines that would be otherwise.
    pub changed: u64,
    /// Lines in a drafted rule's scope that earned nothing: what they would have earned is not known.
    pub unpriced: u64,
    /// Changed lines whose contracts have tiers on the month: their provisional share is compared, not the month's true-up.
    pub with_tiers: u64,
    /// By kind of party; for the book's own people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sums: Vec<SimulatedSum>,
    /// Parties whose figures differ, as far as the viewer may see them.
    pub parties: Vec<SimulatedParty>,
    /// The others, where they are at least five of a kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<SimulatedRange>,
}

/// Kind, parties, least and largest difference.
type Hidden = (PartyKind, BTreeSet<PartyId>, Minor, Minor);
type Sums = BTreeMap<(PartyId, Currency), (Minor, Minor)>;

#[derive(Default)]
struct Tally {
    lines: u64,
    changed: u64,
    unpriced: u64,
    with_tiers: u64,
    sums: Sums,
}

/// Simulates a draft over the lines ordered in a month.
pub async fn simulation(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    period: Month,
    draft: &Draft,
) -> Result<SimulationView, ReportError> {
    let scan = Scan::begin(client, log, viewer, Some(period)).await?;
    let mut tally = Tally::default();
    scan.lines(client, log, None, |history| {
        tally.lines += 1;
        tally.add(&history.state, scan.currency(history), draft)?;
        Ok(true)
    })
    .await?;
    let seen = tally.sums.keys().map(|(party, _)| party.uuid()).collect();
    let names = Names::load(client, log, (seen, Vec::new(), Vec::new())).await?;
    let mut view = SimulationView {
        position: scan.position,
        period,
        lines: tally.lines,
        changed: tally.changed,
        unpriced: tally.unpriced,
        with_tiers: tally.with_tiers,
        sums: Vec::new(),
        parties: Vec::new(),
        others: ranges(viewer, &tally.sums)?,
    };
    let mut kinds: BTreeMap<(&'static str, Currency), (PartyKind, Minor, Minor)> = BTreeMap::new();
    for ((party, currency), (now, then)) in tally.sums {
        let kind = party.kind();
        let sum = kinds
            .entry((kind.word(), currency))
            .or_insert((kind, Minor::ZERO, Minor::ZERO));
        (sum.1, sum.2) = (sum.1.plus(now)?, sum.2.plus(then)?);
        if viewer.sees(party) {
            view.parties.push(SimulatedParty {
                party,
                name: names.party(party.uuid()),
                now: Money::of(now, currency),
                then: Money::of(then, currency),
                difference: Money::of(then.minus(now)?, currency),
            });
        }
    }
    if viewer == Viewer::All {
        for ((_, currency), (kind, now, then)) in kinds {
            view.sums.push(SimulatedSum {
                kind,
                now: Money::of(now, currency),
                then: Money::of(then, currency),
                difference: Money::of(then.minus(now)?, currency),
            });
        }
    }
    Ok(view)
}

impl Tally {
    fn add(&mut self, state: &LineState, currency: Currency, draft: &Draft) -> Result<(), ReportError> {
        let Some(pin) = &state.pin else { return Ok(()) };
        let other = match what_if(pin, draft) {
            Outcome::Same => return Ok(()),
            Outcome::Unpriced => {
                self.unpriced += 1;
                return Ok(());
            }
            Outcome::Changed(other) => other,
        };
        self.changed += 1;
        self.with_tiers += u64::from(has_tiers(&other));
        let now = state.target()?;
        let mut drafted = state.clone();
        drafted.pin = Some(other.into());
        let then = drafted.target()?;
        for ((account, _), amount) in &now.holdings {
            if let Owner::Party(party) = account.owner {
                let sum = self.sums.entry((party, currency)).or_default();
                sum.0 = sum.0.plus(*amount)?;
            }
        }
        for ((account, _), amount) in &then.holdings {
            if let Owner::Party(party) = account.owner {
                let sum = self.sums.entry((party, currency)).or_default();
                sum.1 = sum.1.plus(*amount)?;
            }
        }
        Ok(())
    }
}

/// What the parties differ by that a viewer may not see one by one.
///
/// INVARIANT: no range is over fewer than five parties.
fn ranges(viewer: Viewer, sums: &Sums) -> Result<Vec<SimulatedRange>, ReportError> {
    let mut hidden: BTreeMap<(&'static str, Currency), Hidden> = BTreeMap::new();
    for ((party, currency), (now, then)) in sums.iter().filter(|((party, _), _)| !viewer.sees(*party)) {
        let difference = then.minus(*now)?;
        let kind = party.kind();
        let range = hidden
            .entry((kind.word(), *currency))
            .or_insert((kind, BTreeSet::new(), difference, difference));
        range.1.insert(*party);
        (range.2, range.3) = (range.2.min(difference), range.3.max(difference));
    }
    let mut shown = Vec::new();
    for ((_, currency), (kind, parties, lowest, highest)) in hidden {
        if parties.len() >= FEWEST {
            shown.push(SimulatedRange {
                kind,
                parties: u64::try_from(parties.len()).unwrap_or_default(),
                lowest: Money::of(lowest, currency),
                highest: Money::of(highest, currency),
            });
        }
    }
    Ok(shown)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn of(parties: u128, viewer: Viewer) -> Vec<SimulatedRange> {
        let anchor = |n: u128| PartyId::tagged(PartyKind::Anchor, Uuid::from_u128(n));
        let figure = |n: u128| {
            let n = i64::try_from(n).unwrap();
            (
                (anchor(u128::try_from(n).unwrap()), Currency::CNY),
                (Minor(100), Minor(100 + n)),
            )
        };
        ranges(viewer, &(1..=parties).map(figure).collect()).unwrap()
    }

    /// INVARIANT: no range is over fewer than five parties.
    #[test]
    fn fewer_than_five_parties_are_never_shown_as_a_range() {
        let brand = Viewer::Party(PartyId::tagged(PartyKind::Brand, Uuid::from_u128(1)));
        assert_eq!(of(4, brand), []);
        let five = of(5, brand);
        assert_eq!(five.len(), 1);
        assert_eq!(
            (
                five[0].parties,
                five[0].lowest.amount.as_str(),
                five[0].highest.amount.as_str()
            ),
            (5, "0.01", "0.05")
        );
        assert_eq!(of(5, Viewer::All), [], "the book's own people see each");
    }
}
