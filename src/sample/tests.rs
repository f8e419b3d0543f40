//! The sample is the same everywhere, as large as it says, and never ahead of its own clock.
//! It must never need a database.

use super::*;

fn facts(steps: &[Step]) -> Vec<&LineFact> {
    let mut facts = Vec::new();
    for step in steps {
        if let Step::Facts(told) = step {
            facts.extend(told);
        }
    }
    facts
}

#[test]
fn the_sample_month_has_the_size_it_claims_and_is_the_same_twice() {
    let steps = super::steps(Size::MONTH);
    assert!(steps == super::steps(Size::MONTH));
    let clicks: usize = steps
        .iter()
        .map(|step| if let Step::Clicks(told) = step { told.len() } else { 0 })
        .sum();
    let created: std::collections::BTreeSet<_> = facts(&steps)
        .into_iter()
        .filter(|fact| fact.what.kind() == "order.created")
        .map(|fact| fact.about.order_no.clone())
        .collect();
    assert_eq!((clicks, created.len()), (20_000, 5_000));
}

#[test]
fn nothing_is_told_before_the_clock_of_the_sample_has_reached_it() {
    let mut clock = start();
    for step in super::steps(Size::MONTH) {
        match step {
            Step::Clock(to) => {
                assert!(to >= clock);
                clock = to;
            }
            Step::Clicks(told) => assert!(told.iter().all(|click| click.at <= clock)),
            Step::Facts(told) => assert!(told.iter().all(|fact| fact.at <= clock)),
            Step::Do { .. } | Step::Change { .. } => {}
        }
    }
}

#[test]
fn every_kind_of_rule_and_of_change_is_in_the_sample() {
    use crate::domain::plan::PlanKind;
    let steps = super::steps(Size::MONTH);
    let kinds: std::collections::BTreeSet<PlanKind> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Do {
                command: Command::PostRule { kind, .. },
                ..
            } => Some(*kind),
            _ => None,
        })
        .collect();
    assert_eq!(kinds.len(), 7);
    let changed = |wanted: fn(&Change) -> bool| {
        steps
            .iter()
            .filter(|step| matches!(step, Step::Change { change, .. } if wanted(change)))
            .count()
    };
    assert!(changed(|c| matches!(c, Change::Rule(..))) >= 10);
    assert!(changed(|c| matches!(c, Change::EndRule(..))) >= 5);
    assert!(changed(|c| matches!(c, Change::EndMembership(..))) >= 5);
    assert!(changed(|c| matches!(c, Change::Membership(..))) >= 5);
}

#[test]
fn keys_of_the_sample_are_unique() {
    let mut keys = std::collections::BTreeSet::new();
    for step in super::steps(Size::MONTH) {
        if let Step::Do { key, .. } | Step::Change { key, .. } = step {
            assert!(keys.insert(key.clone()), "{key}");
        }
    }
}
