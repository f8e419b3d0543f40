//! Months of a contract with tiers, from the facts of its lines to the true-up: in any order, interleaved in any way.
//! Must never need a database, nor take a figure from the code that it checks: what is due is computed here.

use proptest::prelude::*;

use super::facts::{Log, at, book, ext, fact, log, noon, promoted, rate, terms};
use crate::base::{Instant, MembershipId, PartyId, PartyKind};
use crate::domain::command::Command;
use crate::domain::order::{LineFact, What};
use crate::domain::party::{Receiver, Share};
use crate::domain::plan::PlanKind;
use crate::domain::share::{Bearer, Deduction, Measure, Method, MonthlyTiers, ShareFormula, Side};
use crate::domain::world::Entity;
use crate::ledger::{Account, AccountKind};
use crate::money::{Currency, Minor};

fn party(kind: PartyKind, number: &str) -> PartyId {
    PartyId::of(book(), kind, number)
}

fn agency() -> PartyId {
    party(PartyKind::Agency, "agency")
}

/// Paid traffic 5 % before the split, to the agency; sales below 100.00 a month 30 %, from there on 20 %.
fn formula(method: Method) -> ShareFormula {
    ShareFormula {
        rates_of: Side::Upper,
        rate: rate("0.3"),
        deductions: vec![Deduction {
            name: "paid_traffic".to_owned(),
            rate: rate("0.05"),
            bearer: Bearer::Both,
            taker: None,
        }],
        tiers: Some(MonthlyTiers {
            currency: Currency::CNY,
            measure: Measure::Base,
            method,
            steps: vec![(Minor(0), rate("0.3")), (Minor(10_000), rate("0.2"))],
        }),
        team: vec![
            (party(PartyKind::Anchor, "anchor"), rate("0.6")),
            (party(PartyKind::Anchor, "other"), rate("0.4")),
        ],
    }
}

/// A log whose anchor shares by the formula from the first instant on, at 20 % commission.
fn under(method: Method) -> (Log, MembershipId) {
    let mut log = log();
    let member = party(PartyKind::Anchor, "anchor");
    let Some(Entity::Party(state)) = log.known(member.into()).entity else {
        panic!("no anchor");
    };
    let membership = state.contracts[0].id;
    log.ask(&Command::AmendMembership {
        member,
        membership,
        share: Share::Formula(Box::new(formula(method))),
        receiver: Receiver::Book,
        guarantee: None,
        from: log.now,
    });
    log.post_rule(PlanKind::General, terms("0.2"));
    log.now = at("2026-08-15T00:00:00Z");
    (log, membership)
}

fn true_up(log: &mut Log, membership: MembershipId, month: &str) -> i64 {
    let made = log.ask(&Command::TrueUpMembership {
        member: party(PartyKind::Anchor, "anchor"),
        membership,
        month: month.parse().unwrap(),
        run: None,
    });
    made.true_ups.iter().map(|of| of.change.0).sum()
}

/// A line: what was paid, what was refunded of it, and whether it settled in June or in July.
type Sold = (i64, i64, bool);

fn facts_of(n: usize, (paid, refunded, july): Sold) -> Vec<LineFact> {
    let no = n.to_string();
    let told = |at: Instant, what| promoted(fact(&no, at, what));
    let (amount, discounts) = (Minor(paid), Vec::new());
    let mut facts = vec![
        told(noon(5), What::Paid { amount, discounts }),
        told(noon(if july { 35 } else { 20 }), What::Settled { base: None }),
    ];
    if refunded > 0 {
        let won = What::RefundWon {
            case: ext("c1"),
            goods: Minor(refunded),
            freight: Minor::ZERO,
            units: None,
            deducted: true,
            manner: None,
        };
        facts.push(told(noon(60), won));
    }
    facts
}

fn half_up(amount: i64, ppm: i64) -> i64 {
    (amount * ppm * 2 + 1_000_000) / 2_000_000
}

/// What the agency is due of a month: the deductions of its lines, and the tiers on the totals.
fn due(lines: &[Sold], july: bool, method: Method) -> i64 {
    let (mut sales, mut pool, mut deducted) = (0, 0, 0);
    for (paid, refunded, _) in lines.iter().filter(|line| line.2 == july) {
        let base = paid - refunded;
        // Below one fen of commission nothing arises at all.
        let gross = if base * 200_000 < 1_000_000 {
            0
        } else {
            half_up(base, 200_000)
        };
        let traffic = half_up(gross, 50_000);
        sales += base;
        pool += gross - traffic;
        deducted += traffic;
    }
    let above = (sales - 10_000).max(0);
    let share = match method {
        Method::Whole => half_up(pool, if sales >= 10_000 { 200_000 } else { 300_000 }),
        Method::Marginal if sales == 0 => 0,
        Method::Marginal => {
            let weighted = (sales - above) * 300_000 + above * 200_000;
            let whole = sales * 1_000_000;
            (pool * weighted * 2 + whole) / (whole * 2)
        }
    };
    deducted + share
}

fn lines() -> impl Strategy<Value = Vec<Sold>> {
    let line = (1_i64..9_000, 0_i64..=1_000, any::<bool>());
    prop::collection::vec(line, 1..6).prop_map(|lines| {
        let refunded = |paid: i64, part: i64| if part > 500 { paid * (part - 500) / 500 } else { 0 };
        lines
            .into_iter()
            .map(|(paid, part, july)| (paid, refunded(paid, part), july))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn lines_and_true_ups_in_any_order_come_to_the_tiers_on_each_months_totals(
        (lines, told, whole) in (lines(), any::<bool>()).prop_flat_map(|(lines, whole)| {
            let all: Vec<LineFact> =
                lines.iter().enumerate().flat_map(|(n, line)| facts_of(n, *line)).collect();
            (Just(lines), Just(all).prop_shuffle(), Just(whole))
        }),
        ups in prop::collection::vec(any::<bool>(), 18),
    ) {
        let method = if whole { Method::Whole } else { Method::Marginal };
        let (mut log, membership) = under(method);
        for (fact, up) in told.iter().zip(ups) {
            log.tell(fact);
            if up {
                true_up(&mut log, membership, "2026-06");
            }
        }
        for month in ["2026-06", "2026-07"] {
            true_up(&mut log, membership, month);
            prop_assert_eq!(true_up(&mut log, membership, month), 0, "run twice it posts nothing new");
        }
        let holds = |party, kind| log.settled.get(&Account::of(party, kind)).copied().unwrap_or_default();
        let expected = due(&lines, false, method) + due(&lines, true, method);
        prop_assert_eq!(holds(agency(), AccountKind::Available), expected);
        // Whatever the agency does not have, the team has; nothing is lost on the way.
        let team = holds(party(PartyKind::Anchor, "anchor"), AccountKind::Available)
            + holds(party(PartyKind::Anchor, "other"), AccountKind::Available);
        let paid = holds(party(PartyKind::Brand, "brand"), AccountKind::Commission);
        prop_assert_eq!(expected + team + paid, 0);
    }
}

#[test]
fn a_line_that_moves_to_another_month_leaves_the_first() {
    let (mut log, membership) = under(Method::Whole);
    for fact in facts_of(1, (12_000, 0, false)) {
        log.tell(&fact);
    }
    // 120.00: G 24.00, traffic 1.20, pool 22.80, posted 6.84, by the tiers 4.56.
    assert_eq!(true_up(&mut log, membership, "2026-06"), -228);
    let identity = "order.settled".to_owned();
    let batch = ext("b1");
    log.tell(&promoted(fact("1", noon(70), What::Withdrawn { identity, batch })));
    assert_eq!(true_up(&mut log, membership, "2026-06"), 228, "no line, no true-up");
    let settled = promoted(fact("1", noon(35), What::Settled { base: None }));
    log.tell(&settled);
    assert_eq!(true_up(&mut log, membership, "2026-06"), 0);
    assert_eq!(true_up(&mut log, membership, "2026-07"), -228);
}
