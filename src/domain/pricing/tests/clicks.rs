//! Tests of attribution.
//! Must never need a database.

use super::*;
use crate::domain::order::{Basis, Scope};

fn rival() -> PartyId {
    party(PartyKind::Anchor, "rival")
}

fn click(no: &str, time: &str, promoter: PartyId, item_no: Option<&str>, shop_no: Option<&str>) -> Click {
    Click {
        source: ext("site"),
        click_no: Some(ext(no)),
        at: at(time),
        buyer: ext("buyer"),
        promoter,
        platform: ext("taobao"),
        item_no: item_no.map(ext),
        shop_no: shop_no.map(ext),
        room: Some(ext("room-1")),
        show: None,
        slot: None,
        traffic: Some("fan_group".into()),
        off_site: None,
        campaign: None,
        phase: Some("live".into()),
        trigger: None,
        format: None,
        segment: None,
    }
}

fn unnamed() -> Small {
    let mut small = Small::new([open_item(1, PlanKind::General, "0.2")]);
    small.about.promoter = None;
    small.register(rival());
    small
}

fn winner(small: &Small, clicks: &[Click]) -> Option<PartyId> {
    small.pin_with(clicks, None).unwrap().attribution.party
}

#[test]
fn the_platforms_own_word_is_honoured_before_any_click() {
    let mut small = unnamed();
    small.about.promoter = Some(anchor());
    let pin = small
        .pin_with(
            &[click("1", "2026-06-18T11:00:00Z", rival(), Some("item-1"), None)],
            None,
        )
        .unwrap();
    assert_eq!(
        (pin.attribution.basis, pin.attribution.party),
        (Basis::Platform, Some(anchor()))
    );
}

#[test]
fn an_order_without_a_click_is_a_state_and_earns_nothing() {
    let pin = unnamed().pin();
    assert_eq!(pin.attribution.basis, Basis::None);
    assert_eq!(pin.why_nothing.as_deref(), Some("no_click"));
    assert!(pin.rule.is_none() && pin.terms.is_none());
}

#[test]
fn the_window_includes_its_start_and_excludes_the_orders_own_instant() {
    let small = unnamed();
    let on = |time| winner(&small, &[click("1", time, anchor(), Some("item-1"), None)]);
    assert_eq!(on("2026-06-03T12:00:00Z"), Some(anchor()));
    assert_eq!(on("2026-06-03T11:59:59.999999Z"), None);
    assert_eq!(on("2026-06-18T11:59:59.999999Z"), Some(anchor()));
    assert_eq!(on("2026-06-18T12:00:00Z"), None);
    assert_eq!(on("2026-06-18T12:00:01Z"), None);
}

#[test]
fn a_click_on_the_item_beats_a_later_one_on_the_shop() {
    let clicks = [
        click("1", "2026-06-18T10:00:00Z", anchor(), Some("item-1"), Some("shop-1")),
        click("2", "2026-06-18T11:00:00Z", rival(), Some("item-9"), Some("shop-1")),
    ];
    let pin = unnamed().pin_with(&clicks, None).unwrap();
    assert_eq!(pin.attribution.party, Some(anchor()));
    assert_eq!(pin.attribution.scope, Some(Scope::SameItem));
    assert_eq!(pin.dims.source.as_deref(), Some("fan_group"));
    let shop_only = unnamed().pin_with(&clicks[1..], None).unwrap();
    assert_eq!(shop_only.attribution.scope, Some(Scope::SameShop));
}

#[test]
fn two_clicks_of_one_instant_are_ordered_by_the_sources_number() {
    let a = click("a", "2026-06-18T11:00:00Z", anchor(), Some("item-1"), None);
    let b = click("b", "2026-06-18T11:00:00Z", rival(), Some("item-1"), None);
    let small = unnamed();
    assert_eq!(winner(&small, &[a.clone(), b.clone()]), Some(rival()));
    assert_eq!(winner(&small, &[b, a]), Some(rival()));
}

#[test]
fn a_promoter_nobody_registered_earns_nothing() {
    let stranger = party(PartyKind::Anchor, "stranger");
    let clicks = [click("1", "2026-06-18T11:00:00Z", stranger, Some("item-1"), None)];
    let pin = unnamed().pin_with(&clicks, None).unwrap();
    assert_eq!(pin.why_nothing.as_deref(), Some("unknown_promoter"));
}

#[test]
fn a_late_click_gets_todays_choice_of_rules_under_the_old_formula() {
    let mut small = unnamed();
    let early = click("1", "2026-06-18T10:00:00Z", anchor(), Some("item-1"), None);
    let late = click("2", "2026-06-18T11:00:00Z", rival(), Some("item-1"), None);
    let old = small.pin_with(std::slice::from_ref(&early), None).unwrap();
    let mut second = formula();
    second.content_fee = Some((party(PartyKind::Platform, "p"), rate("0.03")));
    small.set_formula(second);
    let new = small
        .pin_with(std::slice::from_ref(&early), Some((&late, &old)))
        .unwrap();
    assert_eq!(new.attribution.party, Some(rival()));
    assert_eq!((old.formula_version, new.formula_version), (1, 1));
    assert!(new.terms.unwrap().content_fee.is_none());
}

#[test]
fn a_late_click_that_does_not_win_gives_the_old_pin_back() {
    let small = unnamed();
    let early = click("1", "2026-06-18T10:00:00Z", anchor(), Some("item-1"), None);
    let old = small.pin_with(std::slice::from_ref(&early), None).unwrap();
    for late in [
        click("2", "2026-06-18T09:00:00Z", rival(), Some("item-1"), None),
        click("2", "2026-06-18T11:00:00Z", rival(), None, Some("shop-1")),
        click("2", "2026-06-18T12:00:00Z", rival(), Some("item-1"), None),
        click("2", "2026-06-18T11:00:00Z", rival(), Some("item-2"), None),
    ] {
        for clicks in [std::slice::from_ref(&early), &[]] {
            assert_eq!(small.pin_with(clicks, Some((&late, &old))).unwrap(), old);
        }
    }
}

#[test]
fn without_a_formula_in_force_nothing_is_pinned() {
    let mut small = unnamed();
    small.at = at("2025-12-31T23:59:59Z");
    assert!(small.pin_with(&[], None).is_none());
}
