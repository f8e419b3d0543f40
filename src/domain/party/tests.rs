//! Tests of parties and contracts.
//! Must never need a database.

use std::collections::HashMap;

use super::decide::{amend, end, register, rename, sign};
use super::*;
use crate::base::{BookId, Instant, MembershipId, PartyId, PartyKind};
use crate::domain::refusal::Refusal;
use crate::domain::share::{Bearer, Deduction, Measure, Method, MonthlyTiers, ShareFormula, Side};
use crate::money::{Currency, Minor, Rate};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn agency(name: &str) -> PartyId {
    PartyId::of(BookId(uuid::Uuid::nil()), PartyKind::Agency, name)
}

fn anchor() -> PartyId {
    PartyId::of(BookId(uuid::Uuid::nil()), PartyKind::Anchor, "anchor")
}

fn share(percent: &str) -> Share {
    Share::UpperKeeps(percent.parse::<Rate>().unwrap())
}

const JUNE: &str = "2026-06-01T00:00:00+08:00";
const NOON: &str = "2026-06-15T12:00:00+08:00";

/// Parties that grow contracts as they sign.
#[derive(Default)]
struct Parties(HashMap<PartyId, PartyState>);

impl Parties {
    fn add(&mut self, party: PartyId) {
        self.0.entry(party).or_insert(PartyState {
            id: party,
            external_id: None,
            name: "party".parse().unwrap(),
            contracts: Vec::new(),
            entity: None,
            suspended: None,
            card: None,
            prefund: Default::default(),
        });
    }

    fn sign(&mut self, member: PartyId, upper: PartyId, from: &str, to: Option<&str>) -> Result<MembershipId, Refusal> {
        self.sign_scope(member, upper, ContractScope::Cps, from, to)
    }

    fn sign_scope(
        &mut self,
        member: PartyId,
        upper: PartyId,
        scope: ContractScope,
        from: &str,
        to: Option<&str>,
    ) -> Result<MembershipId, Refusal> {
        self.add(member);
        self.add(upper);
        let count: usize = self.0.values().map(|party| party.contracts.len()).sum();
        let membership = MembershipId(uuid::Uuid::from_u128(count as u128 + 1));
        let signed = MembershipSigned {
            membership,
            member,
            upper,
            scope,
            share: share("0.3"),
            receiver: Receiver::Book,
            guarantee: None,
            from: at(from),
            to: to.map(at),
        };
        let event = sign(&self.0[&member], signed, &|party| self.0.get(&party))?;
        self.0.get_mut(&member).unwrap().evolve(&event);
        Ok(membership)
    }
}

#[test]
fn a_number_stands_for_one_party_whatever_its_kind() {
    let registered = || PartyRegistered {
        party: anchor(),
        external_id: Some("7".parse().unwrap()),
        name: "name".parse().unwrap(),
    };
    assert!(register(registered(), None).is_ok());
    let refused = register(registered(), Some(agency("7"))).unwrap_err();
    assert_eq!(
        (refused.code, refused.conflicting),
        ("already_exists", Some(agency("7").to_string()))
    );
}

#[test]
fn the_same_name_again_is_no_event() {
    let mut parties = Parties::default();
    parties.add(anchor());
    let party = &parties.0[&anchor()];
    assert!(rename(party, &"party".parse().unwrap()).is_none());
    assert!(rename(party, &"other".parse().unwrap()).is_some());
}

#[test]
fn an_agency_change_at_noon_leaves_no_gap_and_no_overlap() {
    let mut parties = Parties::default();
    parties.sign(anchor(), agency("a"), JUNE, Some(NOON)).unwrap();
    let early = parties.sign(anchor(), agency("b"), "2026-06-15T11:59:59.999999+08:00", None);
    assert_eq!(early.unwrap_err().code, "membership_overlaps");
    parties.sign(anchor(), agency("b"), NOON, None).unwrap();
    let upper = |time| {
        parties.0[&anchor()]
            .contract(ContractScope::Cps, at(time))
            .map(|c| c.upper)
    };
    assert_eq!(upper("2026-06-15T11:59:59.999999+08:00"), Some(agency("a")));
    assert_eq!(upper(NOON), Some(agency("b")));
}

#[test]
fn a_contract_of_all_scopes_overlaps_each_of_them() {
    let mut parties = Parties::default();
    parties
        .sign_scope(anchor(), agency("a"), ContractScope::Vtask, JUNE, None)
        .unwrap();
    parties
        .sign_scope(anchor(), agency("b"), ContractScope::Cps, JUNE, None)
        .unwrap();
    let all = parties.sign_scope(anchor(), agency("c"), ContractScope::All, NOON, None);
    assert_eq!(all.unwrap_err().code, "membership_overlaps");
}

#[test]
fn nobody_signs_with_itself_and_a_brand_is_no_agency() {
    let mut parties = Parties::default();
    let own = parties.sign(agency("a"), agency("a"), JUNE, None).unwrap_err();
    assert_eq!((own.code, own.fields[0].pointer.as_ref()), ("same_party", "/upper"));
    let brand = PartyId::of(BookId(uuid::Uuid::nil()), PartyKind::Brand, "b");
    assert_eq!(
        parties.sign(anchor(), brand, JUNE, None).unwrap_err().code,
        "party_kind"
    );
    let promoter = PartyId::of(BookId(uuid::Uuid::nil()), PartyKind::Promoter, "p");
    assert!(parties.sign(promoter, anchor(), JUNE, None).is_ok());
    assert_eq!(
        parties.sign(anchor(), promoter, JUNE, None).unwrap_err().code,
        "party_kind"
    );
    assert_eq!(
        parties.sign(anchor(), agency("a"), NOON, Some(NOON)).unwrap_err().code,
        "window_empty"
    );
}

#[test]
fn a_cycle_is_refused_only_while_the_contracts_share_an_instant() {
    let mut parties = Parties::default();
    parties.sign(agency("a"), agency("b"), JUNE, Some(NOON)).unwrap();
    parties.sign(agency("b"), agency("c"), JUNE, None).unwrap();
    let round = parties.sign(agency("c"), agency("a"), JUNE, None).unwrap_err();
    assert_eq!(round.code, "membership_cycle");
    assert!(parties.sign(agency("c"), agency("a"), NOON, None).is_ok());
}

#[test]
fn a_sixth_taker_is_refused() {
    let mut parties = Parties::default();
    let names = ["a", "b", "c", "d", "e"];
    for pair in names.windows(2) {
        parties.sign(agency(pair[0]), agency(pair[1]), JUNE, None).unwrap();
    }
    let refused = parties.sign(anchor(), agency("a"), JUNE, None).unwrap_err();
    assert_eq!(refused.code, "chain_too_deep");
    assert!(parties.sign(anchor(), agency("b"), JUNE, None).is_ok());
}

#[test]
fn an_amendment_changes_the_share_from_its_instant_on() {
    let mut parties = Parties::default();
    let membership = parties
        .sign(anchor(), agency("a"), JUNE, Some("2026-07-01T00:00:00+08:00"))
        .unwrap();
    let amended = |from: &str| MembershipAmended {
        membership,
        member: anchor(),
        share: share("0.2"),
        receiver: Receiver::Book,
        guarantee: None,
        from: at(from),
    };
    let state = parties.0.get_mut(&anchor()).unwrap();
    assert_eq!(
        amend(state, amended("2026-07-01T00:00:00+08:00"), &|_| true)
            .unwrap_err()
            .code,
        "outside_membership"
    );
    let event = amend(state, amended(NOON), &|_| true).unwrap();
    state.evolve(&event);
    let share_at = |time| state.contract(ContractScope::Cps, at(time)).map(|c| c.share.clone());
    assert_eq!(share_at("2026-06-15T11:59:59.999999+08:00"), Some(share("0.3")));
    assert_eq!(share_at(NOON), Some(share("0.2")));
    assert_eq!(share_at("2026-07-01T00:00:00+08:00"), None);
}

#[test]
fn an_ended_contract_ends_once_and_takes_its_amendments_along() {
    let mut parties = Parties::default();
    let membership = parties.sign(anchor(), agency("a"), JUNE, None).unwrap();
    let state = parties.0.get_mut(&anchor()).unwrap();
    let event = end(state, membership, at(NOON)).unwrap();
    state.evolve(&event);
    assert!(state.contract(ContractScope::Cps, at(NOON)).is_none());
    assert_eq!(end(state, membership, at(NOON)).unwrap_err().code, "membership_ended");
    let unknown = MembershipId(uuid::Uuid::from_u128(99));
    assert_eq!(end(state, unknown, at(NOON)).unwrap_err().code, "not_found");
}

/// A formula in which everything is wrong that can be.
fn all_wrong() -> ShareFormula {
    let deduct = |name: &str, rate: u32, bearer, taker| Deduction {
        name: name.to_owned(),
        rate: Rate::from_ppm(rate).unwrap(),
        bearer,
        taker,
    };
    let stranger = agency("stranger");
    let half = Rate::from_ppm(500_000).unwrap();
    ShareFormula {
        rates_of: Side::Upper,
        rate: half,
        deductions: vec![
            deduct("投流", 600_000, Bearer::Both, None),
            deduct("tax_points", 500_000, Bearer::Both, None),
            deduct("tax_points", 0, Bearer::Upper, None),
            deduct("share", 0, Bearer::Upper, Some(agency("a"))),
            deduct("samples", 0, Bearer::Member, Some(stranger)),
        ],
        tiers: Some(MonthlyTiers {
            currency: Currency::CNY,
            measure: Measure::Base,
            method: Method::Whole,
            steps: vec![(Minor(1), half), (Minor(5), half), (Minor(5), half)],
        }),
        team: vec![
            (anchor(), half),
            (anchor(), Rate::ZERO),
            (stranger, Rate::from_ppm(1).unwrap()),
        ],
    }
}

#[test]
fn every_wrong_field_of_a_share_formula_is_named() {
    let mut parties = Parties::default();
    parties.add(anchor());
    parties.add(agency("a"));
    let signed = MembershipSigned {
        membership: MembershipId(uuid::Uuid::from_u128(1)),
        member: anchor(),
        upper: agency("a"),
        scope: ContractScope::Cps,
        share: Share::Formula(Box::new(all_wrong())),
        receiver: Receiver::Member,
        guarantee: None,
        from: at(JUNE),
        to: None,
    };
    let lookup = |party| parties.0.get(&party);
    let refused = sign(&parties.0[&anchor()], signed, &lookup).unwrap_err();
    let mut named: Vec<(&str, &str)> = refused
        .fields
        .iter()
        .map(|wrong| (wrong.pointer.as_ref(), wrong.code))
        .collect();
    named.sort_unstable();
    let expected = [
        ("/share/formula/deductions", "parts_exceed_whole"),
        ("/share/formula/deductions/0/name", "name_form"),
        ("/share/formula/deductions/2/name", "name_repeated"),
        ("/share/formula/deductions/2/taker", "taker_needed"),
        ("/share/formula/deductions/3/name", "name_repeated"),
        ("/share/formula/deductions/3/taker", "taker_needed"),
        ("/share/formula/deductions/4/taker", "not_found"),
        ("/share/formula/team", "team_paid_directly"),
        ("/share/formula/team", "weights_not_whole"),
        ("/share/formula/team/1/party", "party_repeated"),
        ("/share/formula/team/1/weight", "weight_zero"),
        ("/share/formula/team/2/party", "not_found"),
        ("/share/formula/tiers/steps/0/from", "steps_order"),
        ("/share/formula/tiers/steps/2/from", "steps_order"),
    ];
    assert_eq!(named, expected);
}

#[test]
fn a_share_formula_has_at_most_32_of_anything_and_at_least_one_tier() {
    let many = |n: usize| {
        let mut formula = all_wrong();
        formula.deductions = (0..n)
            .map(|n| Deduction {
                name: format!("d{n}"),
                rate: Rate::ZERO,
                bearer: Bearer::Both,
                taker: None,
            })
            .collect();
        formula.team.clear();
        let tiers = formula.tiers.as_mut().unwrap();
        tiers.steps = (0..n as i64).map(|n| (Minor(n), Rate::ZERO)).collect();
        formula
    };
    let mut parties = Parties::default();
    let membership = parties.sign(anchor(), agency("a"), JUNE, None).unwrap();
    let asked = |formula: ShareFormula| {
        let amended = MembershipAmended {
            membership,
            member: anchor(),
            share: Share::Formula(Box::new(formula)),
            receiver: Receiver::Book,
            guarantee: None,
            from: at(NOON),
        };
        let fields = amend(&parties.0[&anchor()], amended, &|_| true)
            .err()
            .map(|refusal| refusal.fields);
        fields.map_or(0, |fields| {
            fields.iter().filter(|wrong| wrong.code == "too_many").count()
        })
    };
    assert_eq!([0, 1, 32, 33].map(|n| asked(many(n))), [1, 0, 0, 2]);
}
