//! Purchases: the worked examples AT-22, AT-23 and AT-23b, what is refused, and what holds after every event whatever happens.
//! It must never compute an expected amount of an example.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::actions::{RefundLine, WORDS};
use super::decide::{decide, due, fire, order};
use super::state::PurchaseState;
use super::*;
use crate::base::{ExternalId, Instant, LogId, PartyId, PartyKind, PurchaseId};
use crate::domain::purchase::event::Cause;
use crate::ledger::Account;
use crate::money::{Currency, Minor};

fn party(kind: PartyKind) -> PartyId {
    PartyId::tagged(kind, Uuid::from_u128(7))
}

fn now() -> Instant {
    "2026-06-01T12:00:00+08:00".parse().unwrap()
}

fn text(text: &str) -> ExternalId {
    text.parse().unwrap()
}

fn line(quantity: u32, price: i64, sold: Option<i64>) -> Line {
    Line {
        name: "杯子".to_owned(),
        product: None,
        offer: None,
        quantity,
        unit_price: Minor(price),
        sold: sold.map(Minor),
        order_line: None,
    }
}

fn ordered(kind: PurchaseKind, pays: Pays, lines: Vec<Line>, freight: i64) -> Ordered {
    Ordered {
        purchase: PurchaseId(Uuid::from_u128(1)),
        external_id: None,
        source: text("1688"),
        order_no: Some(text("9001")),
        kind,
        buyer: Some(party(PartyKind::Anchor)),
        supplier: party(PartyKind::Supplier),
        currency: Currency::CNY,
        pays,
        lines,
        freight: Minor(freight),
        sold_freight: (kind == PurchaseKind::Dropship).then_some(Minor(freight)),
        pay_by: None,
        quote: None,
    }
}

/// A purchase with what its events moved.
struct Desk {
    state: PurchaseState,
    held: BTreeMap<Account, i64>,
    count: i64,
}

impl Desk {
    fn of(asked: Ordered) -> Desk {
        let mut desk = Desk {
            state: PurchaseState::default(),
            held: BTreeMap::new(),
            count: 0,
        };
        desk.keep(order(None, asked, now()).unwrap());
        desk
    }

    fn keep(&mut self, events: Vec<PurchaseEvent>) {
        for event in events {
            for leg in post(&event).unwrap().legs() {
                *self.held.entry(leg.account).or_default() += leg.amount.0;
            }
            self.count += 1;
            self.state.evolve(&event, LogId(Uuid::nil()), self.count, now());
        }
        self.held.retain(|_, amount| *amount != 0);
    }

    fn ask(&mut self, action: Action) -> Result<(), &'static str> {
        let events = decide(&self.state, &action, Side::Book, now(), &|_| true).map_err(|refusal| refusal.code)?;
        self.keep(events);
        Ok(())
    }

    fn does(&mut self, action: Action) {
        let word = action.word();
        self.ask(action).unwrap_or_else(|code| panic!("{word}: {code}"));
    }

    fn text(&self) -> String {
        let each: Vec<String> = self
            .held
            .iter()
            .map(|(account, amount)| {
                let owner = account.party().map_or("book", |party| party.kind().word());
                format!(
                    "{owner}:{} {}",
                    account.kind.word(),
                    Minor(*amount).display(Currency::CNY)
                )
            })
            .collect();
        each.join("\n")
    }
}

fn pay(reference: &str) -> Action {
    Action::Pay {
        amount: None,
        reference: text(reference),
    }
}

fn repay(reference: &str) -> Action {
    Action::Repay {
        amount: None,
        reference: text(reference),
    }
}

fn freight(fen: i64) -> Action {
    Action::Freight {
        amount: Minor(fen),
        reason: None,
    }
}

fn back(line: u32, units: u32, amount: Option<i64>, freight: i64) -> RefundAsk {
    RefundAsk {
        lines: vec![RefundLine {
            line,
            units,
            amount: amount.map(Minor),
        }],
        freight: Minor(freight),
        reference: None,
        reason: None,
    }
}

fn state(code: &str) -> Action {
    Action::State {
        track: Track::Order,
        code: code.to_owned(),
        number: None,
    }
}

#[test]
fn at_22_a_tier_purchase_with_lowered_freight_and_a_part_refund() {
    let lines = vec![line(120, 1_950, None)];
    let mut desk = Desk::of(ordered(PurchaseKind::Wholesale, Pays::Book, lines, 6_000));
    assert_eq!(desk.text(), "anchor:purchases -2400.00\nsupplier:available 2400.00");
    desk.does(freight(4_500));
    assert_eq!(desk.text(), "anchor:purchases -2385.00\nsupplier:available 2385.00");
    desk.does(pay("p1"));
    assert_eq!(desk.text(), "book:cash 2385.00\nanchor:purchases -2385.00");
    desk.does(Action::Refund(back(0, 5, None, 0)));
    assert_eq!(
        desk.text(),
        "book:cash 2385.00\nanchor:purchases -2287.50\nsupplier:available -97.50"
    );
    // 115 units stay at 19.50: what is left costs what it was pinned at.
    assert_eq!(desk.state.cost().unwrap(), Minor(228_750));
    desk.does(repay("r1"));
    assert_eq!(desk.text(), "book:cash 2287.50\nanchor:purchases -2287.50");
}

fn at_23() -> Desk {
    let lines = vec![line(2, 2_200, Some(7_000))];
    let mut desk = Desk::of(ordered(PurchaseKind::Dropship, Pays::Book, lines, 600));
    desk.does(pay("p1"));
    desk
}

#[test]
fn at_23_and_23b_a_dropship_margin_after_refunds_on_one_side_and_on_both() {
    let mut desk = at_23();
    assert_eq!(
        desk.text(),
        "book:clearing -76.00\nbook:cash 50.00\nanchor:available 26.00"
    );
    desk.does(Action::BuyerRefund(back(0, 1, None, 0)));
    assert_eq!(
        desk.text(),
        "book:clearing -41.00\nbook:cash 50.00\nanchor:available -9.00"
    );
    assert_eq!(desk.state.margin().unwrap(), Minor(-900));
    desk.does(Action::Refund(back(0, 1, None, 0)));
    assert_eq!(
        desk.text(),
        "book:clearing -41.00\nbook:cash 50.00\nanchor:available 13.00\nsupplier:available -22.00"
    );
    assert_eq!(desk.state.line_margins().unwrap(), vec![Minor(1_300)]);
}

#[test]
fn return_freight_insurance_packaging_and_fees_are_lines_of_their_own_on_the_margin() {
    let mut desk = at_23();
    let charge = |charge, fen, payee| Action::Charge {
        charge,
        amount: Minor(fen),
        payee,
        note: None,
    };
    desk.does(charge(ChargeKind::Packaging, 150, None));
    desk.does(charge(ChargeKind::Fee, 100, None));
    desk.does(charge(ChargeKind::ReturnFreight, 300, Some(party(PartyKind::Supplier))));
    assert_eq!(
        desk.text(),
        "book:clearing -76.00\nbook:income 1.00\nbook:cash 51.50\nanchor:available 20.50\nsupplier:available 3.00"
    );
    assert_eq!(desk.state.payable().unwrap(), Minor(300));
    desk.does(charge(ChargeKind::Packaging, -150, None));
    assert_eq!(
        desk.ask(charge(ChargeKind::Packaging, -1, None)),
        Err("amount_negative")
    );
    assert_eq!(desk.state.margin().unwrap(), Minor(2_200));
}

#[test]
fn who_pays_itself_is_never_owed_anything_by_the_book() {
    let lines = vec![line(10, 1_000, None)];
    let mut desk = Desk::of(ordered(PurchaseKind::Wholesale, Pays::Buyer, lines, 0));
    assert_eq!(desk.text(), "anchor:purchases -100.00\nsupplier:direct_paid 100.00");
    desk.does(pay("p1"));
    assert_eq!(desk.text(), "anchor:direct_paid 100.00\nanchor:purchases -100.00");
    let lines = vec![line(10, 1_000, None)];
    let mut desk = Desk::of(ordered(PurchaseKind::Wholesale, Pays::Balance, lines, 0));
    assert_eq!(desk.text(), "anchor:purchases -100.00\nsupplier:available 100.00");
    desk.does(pay("p1"));
    assert_eq!(
        desk.text(),
        "book:cash 100.00\nanchor:available -100.00\nanchor:direct_paid 100.00\nanchor:purchases -100.00"
    );
    let lines = vec![line(2, 2_200, Some(7_000))];
    let mut desk = Desk::of(ordered(PurchaseKind::Dropship, Pays::Buyer, lines, 600));
    desk.does(pay("p1"));
    assert_eq!(desk.text(), "book:clearing -26.00\nanchor:direct_paid 26.00");
}

#[test]
fn nothing_is_refunded_beyond_what_was_paid_for_the_line() {
    let lines = vec![line(1, 1_000, None), line(1, 3_000, None)];
    let mut desk = Desk::of(ordered(PurchaseKind::Wholesale, Pays::Book, lines, 0));
    assert_eq!(desk.ask(Action::Refund(back(0, 1, None, 0))), Err("not_paid"));
    // Half is paid: half of each line can come back.
    desk.does(Action::Pay {
        amount: Some(Minor(2_000)),
        reference: text("p1"),
    });
    assert_eq!(
        desk.ask(Action::Refund(back(0, 0, Some(501), 0))),
        Err("refund_exceeds")
    );
    desk.does(Action::Refund(back(0, 0, Some(500), 0)));
    assert_eq!(desk.ask(Action::Refund(back(0, 1, Some(1), 0))), Err("refund_exceeds"));
    assert_eq!(desk.ask(Action::Refund(back(1, 0, Some(1), 1))), Err("refund_exceeds"));
    assert_eq!(desk.ask(Action::Refund(back(2, 1, None, 0))), Err("line_unknown"));
    assert_eq!(desk.ask(Action::Refund(back(1, 0, None, 0))), Err("refund_empty"));
    assert_eq!(desk.ask(Action::Refund(back(1, 2, None, 0))), Err("refund_exceeds"));
    assert_eq!(desk.ask(Action::BuyerRefund(back(0, 1, None, 0))), Err("not_sold"));
}

#[test]
fn goods_are_sent_and_arrive_in_parts_and_bad_ones_are_rejected() {
    let lines = vec![line(10, 1_000, None)];
    let mut desk = Desk::of(ordered(PurchaseKind::Wholesale, Pays::Book, lines, 0));
    let units = |units| vec![Units { line: 0, units }];
    assert_eq!(desk.state.phase(), Phase::Ordered);
    desk.does(pay("p1"));
    assert_eq!(desk.state.phase(), Phase::Paid);
    desk.does(Action::Ship {
        units: units(4),
        tracking: Some("SF1".to_owned()),
    });
    assert_eq!(desk.state.phase(), Phase::PartShipped);
    assert_eq!(desk.ask(Action::Receive { units: units(5) }), Err("units_exceed"));
    desk.does(Action::Receive { units: units(3) });
    assert_eq!(desk.state.phase(), Phase::PartReceived);
    let reject = |units| Action::Reject {
        units,
        reason: "cracked".to_owned(),
    };
    desk.does(reject(units(1)));
    assert_eq!(desk.ask(reject(units(3))), Err("units_exceed"));
    // Two units are refunded that were never sent: four are left to send.
    desk.does(Action::Refund(back(0, 2, None, 0)));
    assert_eq!(desk.state.to_ship(), vec![4]);
    desk.does(state("waitbuyerreceive"));
    desk.does(state("confirm_goods"));
    assert_eq!(desk.state.phase(), Phase::Received);
    desk.does(state("success"));
    assert_eq!(desk.state.phase(), Phase::Done);
    // After-sale refunds still come.
    desk.does(Action::Refund(back(0, 1, None, 0)));
    let cancel = Action::Cancel {
        cause: Cause::BuyerCancel,
        reason: None,
    };
    assert_eq!(desk.ask(cancel), Err("shipped_already"));
}

#[test]
fn a_code_of_the_platform_never_moves_money_that_it_does_not_name_and_an_unknown_one_is_kept() {
    let lines = vec![line(1, 1_000, None)];
    let mut desk = Desk::of(ordered(PurchaseKind::Wholesale, Pays::Book, lines, 0));
    desk.does(state("waitsellersend"));
    assert_eq!(desk.state.stated[0].means, Some(Means::Paid));
    assert_eq!((desk.state.phase(), desk.state.paid), (Phase::Ordered, Minor::ZERO));
    desk.does(state("some_new_code"));
    assert_eq!(
        (desk.state.stated[0].code.as_str(), desk.state.stated[0].means),
        ("some_new_code", None)
    );
    let cancelled = desk.state.clone();
    desk.does(state("CANCEL"));
    assert_eq!((desk.state.phase(), desk.text()), (Phase::Cancelled, String::new()));
    // A paid one is not called off by a code: its money comes back by a refund.
    let mut paid = Desk {
        state: cancelled,
        held: BTreeMap::new(),
        count: 9,
    };
    paid.does(pay("p1"));
    paid.does(state("terminated"));
    assert_eq!(paid.state.phase(), Phase::Paid);
    for (code, means) in platform::ORDER {
        assert_eq!(platform::meaning(Track::Order, &code.to_uppercase()), Some(means));
    }
    assert_eq!(platform::meaning(Track::Refund, "refundsuccess"), Some(Means::Refunded));
    assert_eq!(platform::meaning(Track::Stage, "settlebill"), Some(Means::StageWaits));
}

#[test]
fn what_is_not_paid_in_time_is_off_and_owes_nothing() {
    let lines = vec![line(1, 1_000, None)];
    let asked = Ordered {
        pay_by: Some(now().plus_seconds(60)),
        ..ordered(PurchaseKind::Wholesale, Pays::Book, lines, 100)
    };
    let mut desk = Desk::of(asked.clone());
    assert_eq!(due(&desk.state, now()), vec![]);
    let (timer, at) = due(&desk.state, now().plus_seconds(60))[0];
    let event = fire(&desk.state, timer, at).unwrap().unwrap();
    desk.keep(vec![event]);
    assert_eq!((desk.state.phase(), desk.text()), (Phase::TimedOut, String::new()));
    assert_eq!(fire(&desk.state, timer, at).unwrap(), None);
    assert_eq!(desk.ask(freight(1)), Err("purchase_off"));
    let mut paid = Desk::of(asked);
    paid.does(pay("p1"));
    assert_eq!(due(&paid.state, now().plus_days(9)), vec![]);
}

#[test]
fn a_final_bill_is_shown_beside_what_was_accrued_and_corrects_it_when_asked() {
    let lines = vec![line(10, 1_000, None)];
    let mut desk = Desk::of(ordered(PurchaseKind::Wholesale, Pays::Book, lines, 500));
    let bill = |number: &str, goods, correct| Action::Bill {
        number: text(number),
        goods: Minor(goods),
        freight: Minor(450),
        correct,
    };
    desk.does(bill("b1", 10_100, false));
    assert_eq!(desk.text(), "anchor:purchases -105.00\nsupplier:available 105.00");
    assert_eq!(desk.state.bill.as_ref().unwrap().accrued, Minor(10_500));
    desk.does(bill("b2", 10_100, true));
    assert_eq!(desk.text(), "anchor:purchases -105.50\nsupplier:available 105.50");
    desk.does(bill("b3", 10_100, true));
    assert_eq!(desk.state.payable().unwrap(), Minor(10_550));
}

#[test]
fn what_cannot_be_ordered_is_refused_with_every_field() {
    let broken = Ordered {
        supplier: party(PartyKind::Brand),
        buyer: Some(party(PartyKind::Supplier)),
        sold_freight: Some(Minor(1)),
        pay_by: Some(now()),
        ..ordered(PurchaseKind::Wholesale, Pays::Book, vec![line(0, -1, Some(1))], -1)
    };
    let refusal = order(None, broken, now()).unwrap_err();
    let mut pointers: Vec<&str> = refusal.fields.iter().map(|field| field.pointer.as_ref()).collect();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/buyer",
            "/freight",
            "/lines/0/quantity",
            "/lines/0/sold",
            "/lines/0/unit_price",
            "/pay_by",
            "/sold_freight",
            "/supplier"
        ]
    );
    let nobody = Ordered {
        buyer: None,
        ..ordered(PurchaseKind::Dropship, Pays::Balance, vec![line(1, 1, None)], 0)
    };
    assert_eq!(order(None, nobody, now()).unwrap_err().fields.len(), 3);
    let desk = at_23();
    let again = desk.state.order.clone().unwrap();
    assert_eq!(
        order(Some(&desk.state), *again, now()).unwrap_err().code,
        "already_exists"
    );
}

#[test]
fn a_side_records_only_what_is_its_own() {
    let desk = at_23();
    let asks = |side| {
        WORDS
            .into_iter()
            .filter(|word| actions::may(side, word, Pays::Book))
            .collect::<Vec<_>>()
    };
    assert_eq!(asks(Side::Supplier), ["ship", "refund"]);
    assert_eq!(asks(Side::Buyer), ["receive", "reject", "state", "cancel"]);
    let refused = decide(&desk.state, &pay("x"), Side::Buyer, now(), &|_| true).unwrap_err();
    assert_eq!(refused.code, "not_this_side");
    assert_eq!(actions::allowed(&desk.state, Side::Supplier), ["ship", "refund"]);
}

#[derive(Clone, Debug)]
enum Step {
    Pay(i64),
    Repay(i64),
    Freight(i64),
    Ship(u32, u32),
    Receive(u32, u32),
    Refund(u32, u32, Option<i64>, i64),
    Back(u32, u32, Option<i64>, i64),
    Charge(i64, bool),
    Bill(i64, bool),
    Code(usize),
    Cancel,
    Finish,
}

fn step() -> impl Strategy<Value = Step> {
    let part = || (0_u32..3, 0_u32..6, prop::option::of(-100_i64..9_000), 0_i64..900);
    prop_oneof![
        (1_i64..30_000).prop_map(Step::Pay),
        (1_i64..9_000).prop_map(Step::Repay),
        (0_i64..2_000).prop_map(Step::Freight),
        (0_u32..3, 0_u32..6).prop_map(|(line, units)| Step::Ship(line, units)),
        (0_u32..3, 0_u32..6).prop_map(|(line, units)| Step::Receive(line, units)),
        part().prop_map(|(line, units, amount, freight)| Step::Refund(line, units, amount, freight)),
        part().prop_map(|(line, units, amount, freight)| Step::Back(line, units, amount, freight)),
        (-500_i64..500, any::<bool>()).prop_map(|(fen, supplier)| Step::Charge(fen, supplier)),
        (0_i64..30_000, any::<bool>()).prop_map(|(fen, correct)| Step::Bill(fen, correct)),
        (0_usize..platform::ORDER.len()).prop_map(Step::Code),
        Just(Step::Cancel),
        Just(Step::Finish),
    ]
}

fn action(step: &Step, count: i64) -> Action {
    let reference = text(&format!("r{count}"));
    match step.clone() {
        Step::Pay(fen) => Action::Pay {
            amount: Some(Minor(fen)),
            reference,
        },
        Step::Repay(fen) => Action::Repay {
            amount: Some(Minor(fen)),
            reference,
        },
        Step::Freight(fen) => freight(fen),
        Step::Ship(line, units) => Action::Ship {
            units: vec![Units { line, units }],
            tracking: None,
        },
        Step::Receive(line, units) => Action::Receive {
            units: vec![Units { line, units }],
        },
        Step::Refund(line, units, amount, freight) => Action::Refund(back(line, units, amount, freight)),
        Step::Back(line, units, amount, freight) => Action::BuyerRefund(back(line, units, amount, freight)),
        Step::Charge(fen, supplier) => Action::Charge {
            charge: ChargeKind::Other,
            amount: Minor(fen),
            payee: supplier.then(|| party(PartyKind::Supplier)),
            note: None,
        },
        Step::Bill(fen, correct) => Action::Bill {
            number: reference,
            goods: Minor(fen),
            freight: Minor(100),
            correct,
        },
        Step::Code(n) => state(platform::ORDER[n].0),
        Step::Cancel => Action::Cancel {
            cause: Cause::Other,
            reason: None,
        },
        Step::Finish => Action::Finish,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// INVARIANT: what is owed to the supplier = ordered + freight changes + corrected bills + what else it is the payee of
    /// - refunds - cancelled - paid + paid back, after every event; refunds never exceed what was paid; margins are conserved.
    #[test]
    fn payable_equals_bills_refunds_never_exceed_and_margins_are_conserved_after_every_event(
        kind in 0_usize..3,
        pays in 0_usize..3,
        prices in prop::collection::vec((1_u32..6, 0_i64..5_000, 0_i64..9_000), 1..4),
        freight in 0_i64..2_000,
        steps in prop::collection::vec(step(), 0..40),
    ) {
        let kind = PurchaseKind::ALL[kind];
        let dropship = kind == PurchaseKind::Dropship;
        let pays = match (pays, dropship) {
            (0, _) | (1, true) => Pays::Book,
            (1, false) => Pays::Balance,
            _ => Pays::Buyer,
        };
        let sold = |fen| dropship.then_some(fen);
        let lines = prices.iter().map(|(units, price, fen)| line(*units, *price, sold(*fen))).collect();
        let mut desk = Desk::of(ordered(kind, pays, lines, freight));
        for (step, count) in steps.iter().zip(0_i64..) {
            let before = desk.state.clone();
            let outcome = desk.ask(action(step, count));
            if outcome.is_err() {
                prop_assert_eq!(&desk.state, &before);
            }
            let order = desk.state.order.clone().unwrap();
            let holds = |account: Account| Minor(desk.held.get(&account).copied().unwrap_or_default());
            prop_assert_eq!(holds(money::owed(&order, order.supplier)), desk.state.payable().unwrap());
            prop_assert_eq!(holds(money::bearer(&order)), desk.state.margin().unwrap());
            prop_assert_eq!(desk.held.values().sum::<i64>(), 0);
            let margins = desk.state.line_margins().unwrap();
            prop_assert_eq!(Minor::sum(margins).unwrap(), desk.state.margin().unwrap());
            let mut refunded = desk.state.freight_refunded.0;
            for (line, progress) in order.lines.iter().zip(&desk.state.lines) {
                prop_assert!(progress.refunded <= line.goods().unwrap());
                prop_assert!(progress.refunded_units <= line.quantity && progress.shipped <= line.quantity);
                prop_assert!(progress.back <= line.sold.unwrap_or_default());
                refunded += progress.refunded.0;
            }
            prop_assert!(refunded <= desk.state.paid.0, "{} {:?}", refunded, desk.state.paid);
        }
    }
}
