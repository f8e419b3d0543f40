//! Golden events of share formulas: a contract's month, and the forms of contracts and pins that carry a formula.
//! It must never change a figure: what is here was written once.

use fenzhang::base::*;
use fenzhang::domain::event::Event;
use fenzhang::domain::order::{HopFormula, LineEvent, What};
use fenzhang::domain::party::{PartyEvent, Share};
use fenzhang::domain::share::{
    self, Bearer, Deduction, Measure, Method, MonthlyTiers, ShareAccrued, ShareEvent, ShareFormula, Side, TruedUp,
};
use fenzhang::money::{Currency, Minor, Rate};

use super::{at, fact, id, legs, party, party_events, rate};

/// One event of each kind of a contract's month.
pub fn events() -> [Event; 2] {
    let (share, membership, terms_from) = (ShareId(id(18)), MembershipId(id(1)), at(0));
    let (month, currency) = ("2026-05".parse().unwrap(), Currency::CNY);
    let figures = share::Figures {
        base: Minor(1_000_000),
        inflow: Minor(100_000),
        pool: Minor(95_000),
        share: Minor(28_500),
    };
    let accrued = ShareAccrued {
        share,
        membership,
        terms_from,
        month,
        currency,
        line: LineId(id(8)),
        figures,
        trued_up: Minor(-9_000),
    };
    let trued_up = TruedUp {
        share,
        membership,
        member: party(PartyKind::Anchor),
        upper: party(PartyKind::Agency),
        terms_from,
        month,
        currency,
        figures,
        target: Minor(19_000),
        trued_up: Minor(-9_500),
        change: Minor(-500),
        at: at(2_000),
        legs: legs(),
        closes: None,
    };
    [ShareEvent::Accrued(accrued), ShareEvent::TruedUp(Box::new(trued_up))].map(Event::Share)
}

/// Everything that a share formula may say.
fn share_formula() -> Share {
    Share::Formula(Box::new(ShareFormula {
        rates_of: Side::Member,
        rate: rate(700_000),
        deductions: vec![deduction()],
        tiers: Some(MonthlyTiers {
            currency: Currency::CNY,
            measure: Measure::Base,
            method: Method::Marginal,
            steps: vec![(Minor(0), rate(700_000)), (Minor(1_000_000), rate(800_000))],
        }),
        team: team(),
    }))
}

fn deduction() -> Deduction {
    Deduction {
        name: "paid_traffic".to_owned(),
        rate: rate(50_000),
        bearer: Bearer::Both,
        taker: Some(party(PartyKind::Other)),
    }
}

fn team() -> Vec<(PartyId, Rate)> {
    vec![
        (party(PartyKind::Anchor), rate(600_000)),
        (party(PartyKind::Promoter), rate(400_000)),
    ]
}

/// Forms with a formula of kinds whose first file has none.
pub fn forms() -> Vec<(&'static str, Event)> {
    let Event::Line(LineEvent::Fact(mut shared)) = fact(What::Received) else {
        panic!("a fact");
    };
    let hops = shared.pin.iter_mut().filter_map(|pin| pin.terms.as_mut());
    for hop in hops.flat_map(|terms| terms.chain.first_mut()) {
        hop.formula = Some(Box::new(HopFormula {
            terms_from: at(0),
            deductions: vec![deduction()],
            team: team(),
            tiers_in: Some(Currency::CNY),
        }));
    }
    let mut contracts = party_events();
    for event in &mut contracts {
        match event {
            Event::Party(PartyEvent::MembershipSigned(e)) => e.share = share_formula(),
            Event::Party(PartyEvent::MembershipAmended(e)) => e.share = share_formula(),
            _ => {}
        }
    }
    let contracts = contracts.into_iter().filter(|event| {
        matches!(
            event,
            Event::Party(PartyEvent::MembershipSigned(_) | PartyEvent::MembershipAmended(_))
        )
    });
    let mut guaranteed: Vec<Event> = contracts.clone().collect();
    for event in &mut guaranteed {
        match event {
            Event::Party(PartyEvent::MembershipSigned(e)) => e.guarantee = Some(super::settlement::guarantee()),
            Event::Party(PartyEvent::MembershipAmended(e)) => e.guarantee = Some(super::settlement::guarantee()),
            _ => {}
        }
    }
    let [_, mut closing] = events();
    if let Event::Share(ShareEvent::TruedUp(e)) = &mut closing {
        e.closes = Some("2026-05".parse().unwrap());
    }
    let contracts = contracts.map(|event| ("formula", event));
    contracts
        .chain(guaranteed.into_iter().map(|event| ("guarantee", event)))
        .chain([("closing", closing)])
        .chain([("formula", Event::Line(LineEvent::Fact(shared)))])
        .collect()
}
