//! Tests of rules: what may be posted, raise and cut, locks, ends, applicants, overlaps.
//! Must never need a database.

use proptest::prelude::*;

use super::decide::{apply, change, decide_applicant, end, post};
use super::event::ShelfEvent;
use super::*;
use crate::base::{BookId, Instant, ItemId, PartyId, PartyKind, RuleId, ShopId, Zone};
use crate::domain::refusal::Refusal;
use crate::money::{Currency, Minor, Rate};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

fn party(kind: PartyKind, name: &str) -> PartyId {
    PartyId::of(BookId(uuid::Uuid::nil()), kind, name)
}

fn anchor() -> PartyId {
    party(PartyKind::Anchor, "anchor")
}

fn item() -> RuleScope {
    RuleScope::Item(ItemId(uuid::Uuid::nil()))
}

fn id(number: u128) -> RuleId {
    RuleId(uuid::Uuid::from_u128(number))
}

const NOW: &str = "2026-06-18T18:00:00+08:00";
const MIDNIGHT: &str = "2026-06-19T00:00:00+08:00";

fn terms(percent: &str) -> RuleTerms {
    RuleTerms {
        subjects: Subjects::Everyone,
        from: at("2026-06-01T00:00:00+08:00"),
        to: None,
        rates: Rates::Flat(rate(percent)),
        first_n: None,
        budget: None,
        cap_per_order: None,
        give_back: false,
        priority: 0,
        locked: false,
        paused: false,
    }
}

fn posted(number: u128, kind: PlanKind, terms: RuleTerms) -> RulePosted {
    RulePosted {
        rule: id(number),
        external_id: None,
        brand: party(PartyKind::Brand, "brand"),
        kind,
        scope: item(),
        currency: Currency::CNY,
        effective_from: terms.from,
        terms,
    }
}

fn try_post(shelf: &mut ShelfState, posted: RulePosted) -> Result<(), Refusal> {
    let event = post(shelf, posted, Rate::ZERO)?;
    shelf.evolve(&event);
    Ok(())
}

fn try_change(shelf: &mut ShelfState, terms: RuleTerms, now: &str) -> Result<usize, Refusal> {
    let events = change(shelf, id(1), &terms, Rate::ZERO, at(now), Zone::SHANGHAI)?;
    events.iter().for_each(|event| shelf.evolve(event));
    Ok(events.len())
}

fn general(percent: &str) -> ShelfState {
    let mut shelf = ShelfState::default();
    try_post(&mut shelf, posted(1, PlanKind::General, terms(percent))).unwrap();
    shelf
}

fn pays(shelf: &ShelfState, time: &str) -> Option<String> {
    match &shelf.rules[0].in_force(at(time))?.terms.rates {
        Rates::Flat(rate) => Some(rate.to_string()),
        Rates::Stepped(_) | Rates::Tiered(_) => Some("steps".into()),
    }
}

fn codes(refused: Refusal) -> Vec<(String, &'static str)> {
    refused
        .fields
        .into_iter()
        .map(|field| (field.pointer.into_owned(), field.code))
        .collect()
}

#[test]
fn at_30_a_cut_waits_for_midnight_and_a_raise_does_not() {
    let mut shelf = general("0.2");
    assert_eq!(try_change(&mut shelf, terms("0.15"), NOW), Ok(1));
    assert_eq!(pays(&shelf, "2026-06-18T23:59:59+08:00").as_deref(), Some("0.2"));
    assert_eq!(pays(&shelf, MIDNIGHT).as_deref(), Some("0.15"));
    let mut shelf = general("0.2");
    assert_eq!(try_change(&mut shelf, terms("0.25"), NOW), Ok(1));
    assert_eq!(try_change(&mut shelf, terms("0.25"), NOW), Ok(0));
    assert_eq!(pays(&shelf, "2026-06-18T17:59:59.999999+08:00").as_deref(), Some("0.2"));
    assert_eq!(pays(&shelf, NOW).as_deref(), Some("0.25"));
}

#[test]
fn at_30_a_closed_rule_still_pays_until_midnight() {
    let mut shelf = general("0.2");
    let ended = end(&shelf, id(1), at(NOW), Zone::SHANGHAI).unwrap();
    shelf.evolve(&ended);
    assert_eq!(pays(&shelf, "2026-06-18T23:59:59.999999+08:00").as_deref(), Some("0.2"));
    assert_eq!(pays(&shelf, MIDNIGHT), None);
    let again = end(&shelf, id(1), at(NOW), Zone::SHANGHAI);
    assert_eq!(again.unwrap_err().code, "rule_ended");
}

#[test]
fn a_mixed_change_raises_now_and_cuts_at_midnight() {
    let mut shelf = general("0.2");
    let mut mixed = terms("0.25");
    mixed.budget = Some(Minor(100_000));
    assert_eq!(try_change(&mut shelf, mixed, NOW), Ok(2));
    let version = |time| shelf.rules[0].in_force(at(time)).unwrap();
    assert_eq!((version(NOW).number, version(NOW).terms.budget), (2, None));
    assert_eq!(pays(&shelf, NOW).as_deref(), Some("0.25"));
    assert_eq!(
        (version(MIDNIGHT).number, version(MIDNIGHT).terms.budget),
        (3, Some(Minor(100_000)))
    );
}

#[test]
fn a_change_is_compared_with_the_version_that_waits_for_midnight_too() {
    let mut shelf = general("0.2");
    try_change(&mut shelf, terms("0.15"), NOW).unwrap();
    // Above the version that waits, below the one in force: still a cut until midnight.
    assert_eq!(try_change(&mut shelf, terms("0.18"), NOW), Ok(1));
    assert_eq!(pays(&shelf, "2026-06-18T23:00:00+08:00").as_deref(), Some("0.2"));
    assert_eq!(pays(&shelf, MIDNIGHT).as_deref(), Some("0.18"));
    // Above both: at once, and the waiting cut is gone.
    assert_eq!(try_change(&mut shelf, terms("0.3"), NOW), Ok(1));
    assert_eq!(pays(&shelf, NOW).as_deref(), Some("0.3"));
    assert_eq!(pays(&shelf, MIDNIGHT).as_deref(), Some("0.3"));
}

#[test]
fn a_locked_rule_may_be_raised_but_neither_cut_unlocked_nor_ended() {
    let mut locked = terms("0.2");
    locked.locked = true;
    let mut shelf = ShelfState::default();
    try_post(&mut shelf, posted(1, PlanKind::General, locked.clone())).unwrap();
    let refused = |result: Result<usize, Refusal>| result.unwrap_err().code;
    let with = |percent: &str, locked| {
        let mut terms = terms(percent);
        terms.locked = locked;
        terms
    };
    assert_eq!(refused(try_change(&mut shelf, with("0.1", true), NOW)), "rule_locked");
    assert_eq!(refused(try_change(&mut shelf, with("0.2", false), NOW)), "rule_locked");
    assert_eq!(
        end(&shelf, id(1), at(NOW), Zone::SHANGHAI).unwrap_err().code,
        "rule_locked"
    );
    assert_eq!(try_change(&mut shelf, with("0.3", true), NOW), Ok(1));
}

#[test]
fn every_wrong_field_of_a_rule_is_named_at_once() {
    let mut wrong = terms("0.2");
    wrong.to = Some(wrong.from);
    wrong.budget = Some(Minor(0));
    wrong.first_n = Some(0);
    wrong.subjects = Subjects::Named(vec![anchor(), party(PartyKind::Brand, "b"), anchor()]);
    wrong.rates = Rates::Tiered(vec![(Minor(5), rate("0.1"))]);
    let refused = post(&ShelfState::default(), posted(1, PlanKind::General, wrong), Rate::ZERO);
    let expected = [
        ("/terms/subjects", "subjects_not_allowed"),
        ("/terms/subjects/1", "party_kind"),
        ("/terms/subjects/2", "party_repeated"),
        ("/terms/rates", "steps_order"),
        ("/terms/to", "window_empty"),
        ("/terms/budget", "amount_not_positive"),
        ("/terms/first_n", "first_n_needed"),
    ];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(field, code)| (field.to_owned(), code))
        .collect();
    assert_eq!(codes(refused.unwrap_err()), expected);
}

#[test]
fn each_kind_asks_for_what_it_needs() {
    let refused = |kind, scope, change: fn(&mut RuleTerms)| {
        let mut terms = terms("0.2");
        change(&mut terms);
        let mut rule = posted(1, kind, terms);
        rule.scope = scope;
        post(&ShelfState::default(), rule, Rate::ZERO)
            .err()
            .map(|refusal| refusal.code)
    };
    let shop = || RuleScope::Shop(ShopId(uuid::Uuid::nil()));
    let end = |terms: &mut RuleTerms| terms.to = Some(at("2026-07-01T00:00:00Z"));
    assert_eq!(refused(PlanKind::Exclusive, shop(), |_| {}), Some("item_needed"));
    assert_eq!(refused(PlanKind::Marketing, item(), |_| {}), Some("end_needed"));
    assert_eq!(refused(PlanKind::Marketing, item(), end), None);
    assert_eq!(refused(PlanKind::FirstN, item(), |_| {}), Some("first_n_needed"));
    assert_eq!(refused(PlanKind::FirstN, item(), |terms| terms.first_n = Some(2)), None);
    assert_eq!(
        refused(PlanKind::Targeted, shop(), |_| {}),
        Some("subjects_not_allowed")
    );
    let open = |terms: &mut RuleTerms| terms.subjects = Subjects::OnApproval(Vec::new());
    assert_eq!(refused(PlanKind::Targeted, shop(), open), None);
    assert_eq!(
        refused(PlanKind::LiveExclusive, item(), end),
        Some("subjects_not_allowed")
    );
    let live = |terms: &mut RuleTerms| {
        terms.to = Some(at("2026-07-01T00:00:00Z"));
        terms.subjects = Subjects::Named(vec![anchor()]);
    };
    assert_eq!(refused(PlanKind::LiveExclusive, item(), live), None);
    assert_eq!(refused(PlanKind::General, shop(), |_| {}), None);
}

#[test]
fn a_rate_and_the_content_fee_on_top_cannot_exceed_the_whole() {
    let rule = |percent| posted(1, PlanKind::General, terms(percent));
    let refused = post(&ShelfState::default(), rule("0.98"), rate("0.03")).unwrap_err();
    assert_eq!(
        (refused.code, refused.fields[0].pointer.as_ref()),
        ("parts_exceed_whole", "/terms/rates")
    );
    assert!(post(&ShelfState::default(), rule("0.97"), rate("0.03")).is_ok());
    assert!(post(&ShelfState::default(), rule("1"), Rate::ZERO).is_ok());
}

fn live(number: u128, who: PartyId, from: &str, to: &str) -> RulePosted {
    let mut terms = terms("0.3");
    terms.subjects = Subjects::Named(vec![who]);
    terms.from = at(from);
    terms.to = Some(at(to));
    posted(number, PlanKind::LiveExclusive, terms)
}

#[test]
fn a_second_exclusive_on_the_item_is_refused_and_names_the_first() {
    let mut shelf = ShelfState::default();
    try_post(&mut shelf, posted(1, PlanKind::Exclusive, terms("0.3"))).unwrap();
    let mut second = terms("0.2");
    second.subjects = Subjects::Named(vec![anchor()]);
    let refused = try_post(&mut shelf, posted(2, PlanKind::Exclusive, second)).unwrap_err();
    assert_eq!(
        (refused.code, refused.conflicting),
        ("rule_overlaps", Some(id(1).to_string()))
    );
}

#[test]
fn live_exclusives_overlap_only_for_the_same_party_and_may_touch() {
    let mut shelf = ShelfState::default();
    let other = party(PartyKind::Anchor, "other");
    let (eight, nine, ten) = ("2026-06-18T20:00:00Z", "2026-06-18T21:00:00Z", "2026-06-18T22:00:00Z");
    try_post(&mut shelf, live(1, anchor(), eight, nine)).unwrap();
    try_post(&mut shelf, live(2, other, eight, nine)).unwrap();
    try_post(&mut shelf, live(3, anchor(), nine, ten)).unwrap();
    let refused = try_post(&mut shelf, live(4, other, "2026-06-18T20:59:59.999999Z", ten)).unwrap_err();
    assert_eq!(
        (refused.code, refused.conflicting),
        ("rule_overlaps", Some(id(2).to_string()))
    );
}

#[test]
fn a_change_cannot_grow_an_exclusive_into_another() {
    let mut shelf = ShelfState::default();
    let (eight, nine, ten) = ("2026-06-18T20:00:00Z", "2026-06-18T21:00:00Z", "2026-06-18T22:00:00Z");
    try_post(&mut shelf, live(1, anchor(), eight, nine)).unwrap();
    try_post(&mut shelf, live(2, anchor(), nine, ten)).unwrap();
    let longer = live(1, anchor(), eight, "2026-06-18T21:00:00.000001Z").terms;
    assert_eq!(try_change(&mut shelf, longer, NOW).unwrap_err().code, "rule_overlaps");
}

#[test]
fn an_exclusive_may_follow_one_that_was_ended() {
    let mut shelf = ShelfState::default();
    try_post(&mut shelf, posted(1, PlanKind::Exclusive, terms("0.3"))).unwrap();
    let ended = end(&shelf, id(1), at(NOW), Zone::SHANGHAI).unwrap();
    shelf.evolve(&ended);
    let mut early = terms("0.2");
    early.from = at("2026-06-18T23:59:59+08:00");
    assert!(try_post(&mut shelf, posted(2, PlanKind::Exclusive, early)).is_err());
    let mut next = terms("0.2");
    next.from = at(MIDNIGHT);
    assert!(try_post(&mut shelf, posted(2, PlanKind::Exclusive, next)).is_ok());
}

#[test]
fn an_applicant_waits_is_decided_and_then_may_use_the_rule() {
    let mut shelf = ShelfState::default();
    let mut targeted = terms("0.3");
    targeted.subjects = Subjects::OnApproval(Vec::new());
    try_post(&mut shelf, posted(1, PlanKind::Targeted, targeted)).unwrap();
    let now = at(NOW);
    assert_eq!(
        decide_applicant(&shelf, id(1), anchor(), true, now).unwrap_err().code,
        "not_applied"
    );
    let applied = apply(&shelf, id(1), anchor(), now).unwrap();
    shelf.evolve(&applied);
    assert_eq!(apply(&shelf, id(1), anchor(), now).unwrap_err().code, "already_applied");
    let decided = decide_applicant(&shelf, id(1), anchor(), true, now).unwrap();
    shelf.evolve(&decided);
    assert_eq!(shelf.rules[0].approved, [(anchor(), now)]);
    assert_eq!(
        apply(&shelf, id(1), anchor(), now).unwrap_err().code,
        "already_approved"
    );
    assert_eq!(
        apply(&general("0.1"), id(1), anchor(), now).unwrap_err().code,
        "approval_not_needed"
    );
    assert_eq!(
        apply(&shelf, id(1), party(PartyKind::Brand, "b"), now)
            .unwrap_err()
            .code,
        "party_kind"
    );
}

/// What an order of one instant is paid by the rule, in parts of a fen, limits left aside; none when it may not use it.
fn paid(shelf: &ShelfState, who: PartyId, time: Instant, volume: i64, payable: i64) -> i128 {
    let Some(version) = shelf.rules[0].in_force(time).filter(|version| !version.terms.paused) else {
        return 0;
    };
    let open = match &version.terms.subjects {
        Subjects::Everyone => true,
        Subjects::Named(parties) | Subjects::OnApproval(parties) => parties.contains(&who),
    };
    let at_volume = |steps: &[(Minor, Rate)], volume: i64| {
        let step = steps.iter().rev().find(|(bound, _)| bound.0 <= volume);
        step.map_or(0, |(_, rate)| i128::from(rate.ppm()))
    };
    let exact: i128 = match &version.terms.rates {
        Rates::Flat(rate) => i128::from(payable) * i128::from(rate.ppm()),
        Rates::Stepped(steps) => i128::from(payable) * at_volume(steps, volume),
        Rates::Tiered(steps) => (volume..volume + payable).map(|unit| at_volume(steps, unit)).sum(),
    };
    let cap = version
        .terms
        .cap_per_order
        .map_or(i128::MAX, |cap| i128::from(cap.0) * 1_000_000);
    if open { exact.min(cap) } else { 0 }
}

fn any_terms() -> impl Strategy<Value = RuleTerms> {
    let steps = (1_i64..6, 0_u32..4, 0_u32..4);
    (
        0_u8..3,
        0_u8..3,
        steps,
        0_i64..4,
        0_i64..30,
        30_i64..60,
        any::<[bool; 3]>(),
    )
        .prop_map(
            |(who, shape, (bound, low, high), cap, from, to, [open_ended, capped, paused])| {
                let ppm = |n: u32| Rate::from_ppm(n * 100_000).unwrap();
                let steps = vec![(Minor(0), ppm(low)), (Minor(bound), ppm(high))];
                let mut terms = terms("0");
                terms.subjects = match who {
                    0 => Subjects::Everyone,
                    1 => Subjects::OnApproval(vec![anchor()]),
                    _ => Subjects::OnApproval(vec![party(PartyKind::Anchor, "other"), anchor()]),
                };
                terms.rates = match shape {
                    0 => Rates::Flat(ppm(low)),
                    1 => Rates::Stepped(steps),
                    _ => Rates::Tiered(steps),
                };
                let start = at("2026-06-18T00:00:00+08:00");
                terms.from = start.plus_seconds(from * 3_600);
                terms.to = (!open_ended).then(|| start.plus_seconds(to * 3_600));
                terms.cap_per_order = capped.then_some(Minor(1 + cap));
                terms.paused = paused;
                terms.first_n = Some(1);
                terms
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_change_lowers_what_an_order_is_paid_before_its_midnight_and_a_raise_never_lowers_it(
        first in any_terms(),
        changes in prop::collection::vec((any_terms(), 0_i64..24), 1..4),
        hour in 0_i64..70, volume in 0_i64..8, payable in 0_i64..8,
    ) {
        let start = at("2026-06-18T00:00:00+08:00");
        let mut shelf = ShelfState::default();
        // Posted with terms of any kind: validation by kind is not what is tested here.
        shelf.evolve(&ShelfEvent::Posted(posted(1, PlanKind::FirstN, first)));
        let order = start.plus_seconds(hour * 3_600);
        let mut hours: Vec<i64> = changes.iter().map(|(_, hour)| *hour).collect();
        hours.sort_unstable();
        for ((terms, _), hour) in changes.into_iter().zip(hours) {
            let now = start.plus_seconds(hour * 3_600);
            let midnight = Zone::SHANGHAI.next_midnight(now);
            let before = shelf.clone();
            let events = change(&shelf, id(1), &terms, Rate::ZERO, now, Zone::SHANGHAI).unwrap();
            events.iter().for_each(|event| shelf.evolve(event));
            let starts: Vec<Instant> = events.iter().filter_map(|event| match event {
                ShelfEvent::Changed(changed) => Some(changed.effective_from),
                _ => None,
            }).collect();
            let (old, new) = (paid(&before, anchor(), order, volume, payable), paid(&shelf, anchor(), order, volume, payable));
            if order < now || starts.iter().all(|start| order < *start) {
                prop_assert_eq!(old, new, "nothing changes before it takes effect");
            }
            if order < midnight {
                prop_assert!(new >= old, "before midnight nobody is paid less");
            }
            if starts == [now] {
                prop_assert!(new >= old, "a change that is a raise never lowers");
            }
            if order >= midnight {
                let mut asked = ShelfState::default();
                let mut wanted = posted(1, PlanKind::FirstN, terms);
                wanted.effective_from = now;
                asked.evolve(&ShelfEvent::Posted(wanted));
                prop_assert_eq!(new, paid(&asked, anchor(), order, volume, payable), "from midnight on, what was asked");
            }
        }
    }

    #[test]
    fn exclusives_that_were_accepted_never_overlap(
        commands in prop::collection::vec((0_u8..4, 0_u128..4, 0_u8..3, 0_i64..48, 1_i64..48, any::<bool>()), 1..12),
        probe in prop::collection::vec(0_i64..120, 8),
    ) {
        let start = at("2026-06-18T00:00:00+08:00");
        let kind_of = |number: u128| if number.is_multiple_of(2) { PlanKind::Exclusive } else { PlanKind::LiveExclusive };
        let mut shelf = ShelfState::default();
        for (step, (command, number, who, from, hours, endless)) in (0_i64..).zip(commands) {
            let now = start.plus_seconds(step * 7_200);
            let mut asked = terms("0.3");
            asked.subjects = Subjects::Named(match who {
                0 => vec![anchor()],
                1 => vec![party(PartyKind::Anchor, "other")],
                _ => vec![anchor(), party(PartyKind::Anchor, "other")],
            });
            asked.from = start.plus_seconds(from * 3_600);
            let ends = !endless || kind_of(number) == PlanKind::LiveExclusive;
            asked.to = ends.then(|| asked.from.plus_seconds(hours * 3_600));
            let events = match command {
                0 | 1 => post(&shelf, posted(number, kind_of(number), asked), Rate::ZERO).map(|event| vec![event]),
                2 => change(&shelf, id(number), &asked, Rate::ZERO, now, Zone::SHANGHAI),
                _ => end(&shelf, id(number), now, Zone::SHANGHAI).map(|event| vec![event]),
            };
            events.into_iter().flatten().for_each(|event| shelf.evolve(&event));
        }
        for half_hours in probe {
            let time = start.plus_seconds(half_hours * 1_800);
            let standing: Vec<_> = shelf.rules.iter().filter_map(|rule| Some((rule.kind, rule.in_force(time)?))).collect();
            let exclusive = standing.iter().filter(|(kind, _)| *kind == PlanKind::Exclusive).count();
            prop_assert!(exclusive <= 1, "one exclusive at {time}");
            let named = |version: &Version| match &version.terms.subjects {
                Subjects::Named(parties) => parties.clone(),
                _ => Vec::new(),
            };
            let mut parties: Vec<PartyId> = standing
                .iter()
                .filter(|(kind, _)| *kind == PlanKind::LiveExclusive)
                .flat_map(|(_, version)| named(version))
                .collect();
            let count = parties.len();
            parties.sort_unstable();
            parties.dedup();
            prop_assert_eq!(parties.len(), count, "one live-exclusive for a party at {}", time);
        }
    }
}
