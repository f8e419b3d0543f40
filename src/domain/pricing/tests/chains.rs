//! Tests of the takers of a commission: contracts at the pin instant, who keeps what, whom the platform pays.
//! Must never need a database.

use super::*;
use crate::domain::order::Keeps;

fn agency(name: &str) -> PartyId {
    party(PartyKind::Agency, name)
}

fn chain(pin: Pin) -> Vec<(PartyId, Keeps, bool)> {
    let terms = pin.terms.unwrap();
    terms
        .chain
        .into_iter()
        .map(|hop| (hop.party, hop.keeps, hop.direct))
        .collect()
}

fn small() -> Small {
    Small::new([open_item(1, PlanKind::General, "0.1")])
}

const START: &str = "2026-01-01T00:00:00Z";

/// Net amounts along a chain, as A13 states them.
fn nets(inflow: i64, chain: &[(PartyId, Keeps, bool)]) -> Vec<i64> {
    let mut inflow = Minor(inflow);
    let mut nets = Vec::new();
    for (_, keeps, _) in chain {
        let kept = match keeps {
            Keeps::Share(rate) => rate.of(inflow, Rounding::HalfUp).unwrap(),
            Keeps::PassesOn(rate) => inflow.minus(rate.of(inflow, Rounding::HalfUp).unwrap()).unwrap(),
            Keeps::All => inflow,
            Keeps::Portion { .. } => continue,
        };
        nets.push(kept.0);
        inflow = inflow.minus(kept).unwrap();
    }
    nets
}

#[test]
fn at_02_five_takers_pass_six_four_two_and_one_of_ten_on() {
    let mut small = small();
    let (lead, helper, sub) = (agency("lead"), agency("helper"), agency("promoters"));
    let promoter = party(PartyKind::Promoter, "promoter");
    let mut pass = |member, upper, ppm| {
        let share = Share::UpperPasses(Rate::from_ppm(ppm).unwrap());
        small.sign(member, upper, share, Receiver::Book, START, None);
    };
    pass(helper, lead, 600_000);
    pass(anchor(), helper, 666_667);
    pass(sub, anchor(), 500_000);
    pass(promoter, sub, 500_000);
    small.about.promoter = Some(promoter);
    let chain = chain(small.pin());
    let parties: Vec<PartyId> = chain.iter().map(|(party, ..)| *party).collect();
    assert_eq!(parties, [lead, helper, anchor(), sub, promoter]);
    assert_eq!(nets(1_000, &chain), [400, 200, 200, 100, 100]);
}

#[test]
fn at_20_an_order_at_the_changeover_belongs_to_the_new_agency() {
    let mut small = small();
    let (a, b) = (agency("a"), agency("b"));
    let changeover = "2026-06-16T00:00:00+08:00";
    small.sign(
        anchor(),
        a,
        Share::UpperKeeps(rate("0.3")),
        Receiver::Book,
        START,
        Some(changeover),
    );
    small.sign(
        anchor(),
        b,
        Share::UpperKeeps(rate("0.2")),
        Receiver::Book,
        changeover,
        None,
    );
    let mut first = |time: &str| {
        let chain = chain(small.pin_at(time));
        (chain[0].0, nets(10_000, &chain))
    };
    assert_eq!(first("2026-06-14T12:00:00+08:00"), (a, vec![3_000, 7_000]));
    assert_eq!(first("2026-06-15T23:59:59.999999+08:00"), (a, vec![3_000, 7_000]));
    assert_eq!(first("2026-06-16T00:00:00+08:00"), (b, vec![2_000, 8_000]));
    assert_eq!(first("2026-06-17T12:00:00+08:00"), (b, vec![2_000, 8_000]));
}

#[test]
fn the_receiver_of_a_contract_says_whom_the_platform_pays() {
    for (receiver, upper, member) in [
        (Receiver::Book, false, false),
        (Receiver::Upper, true, false),
        (Receiver::Member, false, true),
        (Receiver::Each, true, true),
    ] {
        let mut small = small();
        small.sign(
            anchor(),
            agency("a"),
            Share::UpperKeeps(rate("0.3")),
            receiver,
            START,
            None,
        );
        let direct: Vec<bool> = chain(small.pin()).into_iter().map(|(.., direct)| direct).collect();
        assert_eq!(direct, [upper, member]);
    }
}

#[test]
fn contracts_of_other_scopes_take_nothing_from_sales() {
    let mut small = small();
    small.sign(
        anchor(),
        agency("a"),
        Share::UpperKeeps(rate("0.3")),
        Receiver::Book,
        START,
        None,
    );
    let contracts = &mut small.parties.get_mut(&anchor()).unwrap().contracts;
    contracts[0].scope = ContractScope::Vtask;
    assert_eq!(chain(small.pin()).len(), 1);
    small.parties.get_mut(&anchor()).unwrap().contracts[0].scope = ContractScope::All;
    assert_eq!(chain(small.pin()).len(), 2);
}

#[test]
fn a_chain_stops_at_the_fifth_taker_and_at_a_party_it_holds_already() {
    let mut deep = small();
    let names = ["a", "b", "c", "d", "e", "f"];
    let mut member = anchor();
    for name in names {
        deep.sign(
            member,
            agency(name),
            Share::UpperKeeps(rate("0.1")),
            Receiver::Book,
            START,
            None,
        );
        member = agency(name);
    }
    assert_eq!(chain(deep.pin()).len(), 5);
    let mut round = small();
    round.sign(
        anchor(),
        agency("a"),
        Share::UpperKeeps(rate("0.1")),
        Receiver::Book,
        START,
        None,
    );
    round.sign(
        agency("a"),
        anchor(),
        Share::UpperKeeps(rate("0.1")),
        Receiver::Book,
        START,
        None,
    );
    assert_eq!(chain(round.pin()).len(), 2);
}
