//! Tests of the choice among rules: every level, ties, exclusivity, windows, versions, reasons.
//! Must never need a database.

use proptest::prelude::*;

use super::*;
use crate::domain::order::{RateTerms, Reason};

fn agency() -> PartyId {
    party(PartyKind::Agency, "agency")
}

fn other() -> PartyId {
    party(PartyKind::Anchor, "other")
}

fn with_agency(rules: impl IntoIterator<Item = RuleState>) -> Small {
    let mut small = Small::new(rules);
    let share = Share::UpperKeeps(rate("0.3"));
    small.sign(anchor(), agency(), share, Receiver::Book, "2026-01-01T00:00:00Z", None);
    small
}

/// One rule of each level, most specific first; levels 3 to 9 are numbered by level.
fn all_levels() -> Vec<RuleState> {
    vec![
        named_item(1, PlanKind::LiveExclusive, "0.35", anchor()),
        named_item(2, PlanKind::LiveExclusive, "0.34", agency()),
        named_item(3, PlanKind::Exclusive, "0.33", anchor()),
        named_item(4, PlanKind::Targeted, "0.32", anchor()),
        open_item(5, PlanKind::FirstN, "0.31"),
        open_item(6, PlanKind::Marketing, "0.30"),
        named_item(7, PlanKind::SelfSelect, "0.29", anchor()),
        open_item(8, PlanKind::General, "0.28"),
        on_shop(9, "0.27"),
    ]
}

#[test]
fn the_most_specific_level_wins_and_every_loser_says_why() {
    for skip in 0..9_usize {
        let small = with_agency(all_levels().into_iter().skip(skip));
        let pin = small.pin();
        assert_eq!(pin.rule.as_ref().unwrap().level as usize, skip + 1);
        for (loser, reason) in lost(&pin) {
            let removed = skip < 3 && loser >= 4;
            let expected = if removed {
                Reason::Excluded
            } else {
                Reason::LessSpecific
            };
            assert_eq!(reason, expected, "rule {loser} after level {}", skip + 1);
        }
        assert_eq!(pin.lost.len(), 8 - skip);
    }
}

#[test]
fn an_unnamed_anchor_under_an_exclusive_plan_earns_nothing() {
    let mut rules = all_levels();
    rules.retain(|rule| rule.id.0.as_u128() >= 3);
    rules[0] = named_item(3, PlanKind::Exclusive, "0.33", other());
    rules[1] = named_item(4, PlanKind::Targeted, "0.32", anchor());
    let pin = with_agency(rules).pin();
    assert_eq!((won(&pin), pin.why_nothing.as_deref()), (None, Some("excluded")));
    // The exclusive plan of the other anchor is not shown to this one.
    assert_eq!(lost(&pin).first(), Some(&(4, Reason::Excluded)));
}

#[test]
fn a_live_exclusive_rule_removes_nothing_for_others() {
    let small = with_agency([
        named_item(1, PlanKind::LiveExclusive, "0.35", other()),
        open_item(8, PlanKind::General, "0.1"),
    ]);
    let pin = small.pin();
    assert_eq!((won(&pin), lost(&pin).len()), (Some(8), 0));
}

#[test]
fn a_paused_exclusive_plan_excludes_nobody() {
    let mut paused = named_item(3, PlanKind::Exclusive, "0.33", anchor());
    paused.versions[0].terms.paused = true;
    let pin = with_agency([paused, open_item(8, PlanKind::General, "0.1")]).pin();
    assert_eq!((won(&pin), lost(&pin)), (Some(8), vec![(3, Reason::Paused)]));
}

#[test]
fn a_targeted_rule_for_the_anchor_comes_before_one_for_its_agency() {
    let mut agencys = named_item(1, PlanKind::Targeted, "0.4", agency());
    agencys.versions[0].terms.priority = 9;
    let pin = with_agency([agencys, named_item(2, PlanKind::Targeted, "0.3", anchor())]).pin();
    assert_eq!((won(&pin), lost(&pin)), (Some(2), vec![(1, Reason::LessSpecific)]));
}

#[test]
fn ties_go_by_priority_then_later_start_then_smaller_id() {
    let general = |number, priority, from: &str| {
        let mut rule = open_item(number, PlanKind::General, "0.1");
        rule.versions[0].terms.priority = priority;
        rule.versions[0].effective_from = at(from);
        rule
    };
    let pin = Small::new([
        general(4, 1, "2026-02-01T00:00:00Z"),
        general(3, 1, "2026-02-01T00:00:00Z"),
        general(2, 1, "2026-01-01T00:00:00Z"),
        general(1, 0, "2026-03-01T00:00:00Z"),
    ])
    .pin();
    assert_eq!(won(&pin), Some(3));
    let expected = [(4, Reason::LargerId), (2, Reason::Earlier), (1, Reason::LowerPriority)];
    assert_eq!(lost(&pin), expected);
}

#[test]
fn at_13_a_live_window_pays_until_its_last_microsecond() {
    let mut live = named_item(1, PlanKind::LiveExclusive, "0.35", anchor());
    live.versions[0].terms.from = at("2026-06-18T20:00:00+08:00");
    live.versions[0].terms.to = Some(at("2026-06-18T22:00:00+08:00"));
    let mut small = Small::new([live, open_item(2, PlanKind::General, "0.12")]);
    small.payable = Minor(26_800);
    assert_eq!(won(&small.pin_at("2026-06-18T19:59:59.999999+08:00")), Some(2));
    assert_eq!(won(&small.pin_at("2026-06-18T20:00:00+08:00")), Some(1));
    assert_eq!(won(&small.pin_at("2026-06-18T21:59:59+08:00")), Some(1));
    assert_eq!(won(&small.pin_at("2026-06-18T22:00:00+08:00")), Some(2));
}

#[test]
fn a_rule_that_ends_at_the_orders_instant_does_not_apply() {
    let mut ending = open_item(1, PlanKind::General, "0.2");
    ending.ended_at = Some(at("2026-06-18T12:00:00Z"));
    let mut small = Small::new([ending]);
    assert_eq!(won(&small.pin_at("2026-06-18T11:59:59.999999Z")), Some(1));
    let pin = small.pin_at("2026-06-18T12:00:00Z");
    assert_eq!((won(&pin), pin.why_nothing.as_deref()), (None, Some("no_rule")));
}

#[test]
fn the_version_in_force_at_the_order_is_cited_whatever_came_later() {
    let mut changed = open_item(1, PlanKind::General, "0.2");
    let mut next = changed.versions[0].clone();
    next.number = 2;
    next.effective_from = at("2026-06-18T16:00:00Z");
    next.terms.rates = Rates::Flat(rate("0.15"));
    changed.versions.push(next);
    let mut small = Small::new([changed]);
    let version = |pin: Pin| pin.rule.unwrap().version;
    assert_eq!(version(small.pin_at("2026-06-18T15:59:59Z")), 1);
    assert_eq!(version(small.pin_at("2026-06-18T16:00:00Z")), 2);
}

#[test]
fn an_approval_counts_from_its_own_instant() {
    let mut targeted = open_item(1, PlanKind::Targeted, "0.3");
    targeted.versions[0].terms.subjects = Subjects::OnApproval(Vec::new());
    targeted.approved = vec![(anchor(), at("2026-06-18T12:00:00Z"))];
    let mut small = Small::new([targeted]);
    assert_eq!(won(&small.pin_at("2026-06-18T11:59:59Z")), None);
    assert_eq!(won(&small.pin_at("2026-06-18T12:00:00Z")), Some(1));
}

#[test]
fn a_category_rule_needs_the_category_of_the_line() {
    let mut food = on_shop(1, "0.2");
    food.scope = RuleScope::Category(shop(), "food".into());
    let mut small = Small::new([food]);
    assert_eq!(won(&small.pin()), None);
    small.about.category = Some("food".into());
    assert_eq!(won(&small.pin()), Some(1));
}

#[test]
fn a_rule_in_another_currency_is_named_as_the_reason() {
    let mut dollars = open_item(1, PlanKind::General, "0.2");
    dollars.currency = "USD".parse().unwrap();
    let pin = Small::new([dollars]).pin();
    assert_eq!(pin.why_nothing.as_deref(), Some("currency_mismatch"));
}

#[test]
fn losers_beyond_thirty_two_are_counted_by_reason() {
    let pin = Small::new((1..=40).map(|number| open_item(number, PlanKind::General, "0.1"))).pin();
    assert_eq!((won(&pin), pin.lost.len()), (Some(1), 32));
    assert_eq!(pin.lost_more.into_iter().collect::<Vec<_>>(), [(Reason::LargerId, 7)]);
}

const KINDS: [PlanKind; 7] = [
    PlanKind::General,
    PlanKind::SelfSelect,
    PlanKind::Marketing,
    PlanKind::FirstN,
    PlanKind::Targeted,
    PlanKind::Exclusive,
    PlanKind::LiveExclusive,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn precedence_is_total_and_does_not_depend_on_the_order_of_posting(
        rules in prop::collection::vec((0_usize..7, 0_u8..4, 0_i32..2, 0_u32..2, 0_u32..=1_000_000), 1..8),
        seed in any::<u64>(),
    ) {
        let rules: Vec<RuleState> = rules
            .into_iter()
            .zip(1_u128..)
            .map(|((kind, who, priority, month, ppm), number)| {
                let subjects = match who {
                    0 => Subjects::Everyone,
                    1 => Subjects::Named(vec![anchor()]),
                    2 => Subjects::Named(vec![agency()]),
                    _ => Subjects::Named(vec![other()]),
                };
                let mut terms = terms(subjects, Rates::Flat(Rate::from_ppm(ppm).unwrap()));
                terms.priority = priority;
                terms.from = at(if month == 0 { "2026-01-01T00:00:00Z" } else { "2026-02-01T00:00:00Z" });
                rule(number, KINDS[kind], RuleScope::Item(item()), terms)
            })
            .collect();
        let forward = with_agency(rules.clone()).pin();
        let mut shuffled = rules.clone();
        shuffled.sort_by_key(|rule| seed.rotate_left(rule.id.0.as_u128() as u32 * 7) ^ rule.id.0.as_u128() as u64);
        let backward = with_agency(shuffled).pin();
        prop_assert_eq!(&forward, &backward);
        // Whoever wins, everybody who could have won is accounted for once.
        let open = rules.iter().filter(|rule| rule.versions[0].terms.subjects != Subjects::Named(vec![other()])).count();
        prop_assert_eq!(forward.lost.len() + usize::from(forward.rule.is_some()), open);
        prop_assert_eq!(forward.rule.is_some(), forward.terms.is_some() && forward.why_nothing.is_none());
        if let Some(choice) = forward.rule {
            prop_assert!(matches!(choice.rate, RateTerms::Flat(_)));
        }
    }
}
