//! Returns that name no order, through needs, matching and the lines they are matched to.
//! Must never need a database.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::domain::command::{ReturnOutcome, ReturnWord};
use crate::domain::returns::Returned;

/// The log of the other tests, with a rule, on a platform whose returns name no order.
fn shop() -> Log {
    static SHOP: LazyLock<Log> = LazyLock::new(opened);
    SHOP.clone()
}

fn opened() -> Log {
    let mut log = log();
    log.post_rule(PlanKind::General, terms("0.2"));
    log.ask(&Command::SetFormula {
        formula: None,
        effective_from: None,
        terms: Box::new(Formula {
            name: "returns".into(),
            basis: Default::default(),
            payer: None,
            platform: Some(ext("taobao")),
            rounding: Rounding::HalfUp,
            add_back: Vec::new(),
            kept_deposit_is_base: false,
            content_fee: None,
            rates_are_overall: false,
            fees: Vec::new(),
            subsidies: Vec::new(),
            settleable: Settleable::PlatformSettled,
            window_seconds: 15 * 86_400,
            returns_without_order: true,
        }),
    });
    log.now = noon(30);
    log
}

fn sold(no: &str, at: Instant, units: u32, price: i64) -> LineFact {
    let (amount, discounts) = (Minor(price * i64::from(units)), Vec::new());
    let mut fact = fact(no, at, What::Paid { amount, discounts });
    fact.about.quantity = Some(units);
    fact.about.promoter = Some(PartyId::of(book(), PartyKind::Anchor, "anchor"));
    fact
}

fn won(no: &str, at: Instant, goods: i64) -> LineFact {
    let what = What::RefundWon {
        case: ext("case"),
        goods: Minor(goods),
        freight: Minor::ZERO,
        units: None,
        deducted: true,
        manner: None,
    };
    fact(no, at, what)
}

fn returned(document: &str, at: Instant, units: u32, price: i64) -> Returned {
    Returned {
        platform: ext("taobao"),
        document: ext(document),
        row: ext("1"),
        buyer: Some(ext("buyer")),
        item_no: Some(ext("item")),
        at,
        currency: Currency::CNY,
        units,
        amount: Minor(price * i64::from(units)),
    }
}

impl Log {
    fn told(&mut self, returned: Returned) -> ReturnOutcome {
        let returned = Box::new(returned);
        self.ask(&Command::Returns(vec![ReturnWord::Told { returned }]))
            .returns
            .remove(0)
    }

    fn verdict(&self, returned: &Returned) -> (Option<LineId>, Option<&'static str>) {
        let mut world = World::default();
        let id = returned.stream(book());
        world.tell(id.into(), self.known(id.into()));
        let kept = world.returns(id).unwrap().standing(returned).cloned().unwrap();
        (kept.line(), kept.code())
    }
}

#[test]
fn a_match_refunds_its_line_and_is_reversed_when_another_line_fits_as_well() {
    let mut log = shop();
    log.tell(&sold("1", noon(2), 4, 1_000));
    assert_eq!(log.estimated("1"), 800);
    let back = returned("C1", noon(9), 2, 1_000);
    let outcome = log.told(back.clone());
    assert_eq!((outcome.state, outcome.line), (FactState::Applied, Some(line_id("1"))));
    assert_eq!(
        log.kinds,
        ["return.told", "return.sales_joined", "return.judged", "refund_case.won"]
    );
    assert_eq!(log.estimated("1"), 400);
    log.tell(&sold("2", noon(3), 5, 1_000));
    assert_eq!(
        log.kinds,
        [
            "order.paid",
            "return.sales_joined",
            "return.judged",
            "order.fact_withdrawn"
        ]
    );
    assert_eq!((log.estimated("1"), log.estimated("2")), (800, 1_000));
    assert_eq!(log.verdict(&back), (None, Some("return_fits_several")));
    // The other sale is taken back, as when its import is reversed: one line fits again.
    let identity = "order.paid".to_owned();
    let batch = ext("import-1");
    let mut gone = fact("2", noon(3), What::Withdrawn { identity, batch });
    gone.about = About::default();
    log.tell(&gone);
    assert_eq!((log.estimated("1"), log.estimated("2")), (400, 0));
    assert_eq!(log.verdict(&back), (Some(line_id("1")), None));
}

#[test]
fn a_refund_that_names_the_line_lowers_what_is_left_for_returns() {
    let mut log = shop();
    log.tell(&sold("1", noon(2), 4, 1_000));
    let back = returned("C1", noon(9), 2, 1_000);
    log.told(back.clone());
    log.tell(&won("1", noon(8), 3_000));
    assert_eq!(log.verdict(&back), (None, Some("return_fits_none")));
    assert_eq!(log.estimated("1"), 200);
}

#[test]
fn a_return_that_is_taken_back_gives_its_line_back() {
    let mut log = shop();
    log.tell(&sold("1", noon(2), 4, 1_000));
    let back = Box::new(returned("C1", noon(9), 2, 1_000));
    log.told(*back.clone());
    let word = ReturnWord::TakenBack {
        returned: back.clone(),
        batch: ext("import-1"),
    };
    let made = log.ask(&Command::Returns(vec![word.clone()]));
    assert_eq!(made.returns[0].state, FactState::Applied);
    assert_eq!(log.estimated("1"), 800);
    assert_eq!(
        log.ask(&Command::Returns(vec![word])).returns[0].code.as_deref(),
        Some("nothing_to_withdraw")
    );
    log.told(*back);
    assert_eq!(log.estimated("1"), 400);
}

#[test]
fn a_platform_that_does_not_ask_for_matching_pays_nothing_and_its_returns_are_parked() {
    let mut log = log();
    log.post_rule(PlanKind::General, terms("0.2"));
    log.now = noon(30);
    log.tell(&sold("1", noon(2), 4, 1_000));
    let returns = |stream: &&StreamId| stream.slice == Slice::Returns;
    let outcome = log.told(returned("C1", noon(9), 2, 1_000));
    assert_eq!(outcome.code.as_deref(), Some("return_matching_not_asked_for"));
    assert_eq!(log.streams.keys().filter(returns).count(), 1);
    log.tell(&sold("2", noon(3), 4, 1_000));
    assert_eq!(log.kinds, ["order.paid"]);
    assert_eq!(log.estimated("1"), 800);
}

#[test]
fn lines_told_before_the_formula_asked_for_matching_are_found() {
    let mut log = shop();
    let formulas = log.streams.remove(&StreamId::from(book())).unwrap();
    let mut without = super::log();
    log.streams
        .insert(book().into(), without.streams.remove(&StreamId::from(book())).unwrap());
    log.tell(&sold("1", noon(2), 4, 1_000));
    let back = returned("C1", noon(9), 2, 1_000);
    log.told(back.clone());
    log.streams.insert(book().into(), formulas);
    log.tell(&sold("2", noon(10), 4, 1_000));
    assert_eq!(log.verdict(&back), (Some(line_id("1")), None));
    assert_eq!(log.estimated("1"), 400);
}

#[derive(Clone, Debug)]
enum Word {
    Line(Box<LineFact>),
    Return(Returned),
}

fn words() -> impl Strategy<Value = Vec<Word>> {
    let sales = prop::collection::vec((1_i64..10, 1_u32..6, 1_i64..3, prop::option::of(1_i64..4)), 0..4);
    let returns = prop::collection::vec((1_i64..12, 1_u32..5, 1_i64..3), 0..5);
    (sales, returns).prop_map(|(sales, returns)| {
        let mut words = Vec::new();
        for (n, (day, units, price, refunded)) in sales.into_iter().enumerate() {
            let no = format!("{n}");
            words.push(Word::Line(Box::new(sold(&no, noon(day), units, price * 1_000))));
            words.extend(refunded.map(|goods| Word::Line(Box::new(won(&no, noon(day + 1), goods * 1_000)))));
        }
        for (n, (day, units, price)) in returns.into_iter().enumerate() {
            words.push(Word::Return(returned(
                &format!("C{n}"),
                noon(day),
                units,
                price * 1_000,
            )));
        }
        words
    })
}

/// What every line holds, and every verdict, once all is told.
fn end(words: &[Word]) -> Vec<String> {
    let mut log = shop();
    words.iter().for_each(|word| log.hear(word));
    log.ends(words)
}

impl Log {
    fn hear(&mut self, word: &Word) {
        match word {
            Word::Line(fact) => {
                self.tell(fact);
            }
            Word::Return(returned) => {
                self.told(returned.clone());
            }
        }
    }

    /// Takes a word back, as the reversal of its import does.
    fn take_back(&mut self, word: &Word) {
        let batch = ext("import-1");
        match word {
            Word::Line(told) => {
                let what = What::Withdrawn {
                    identity: told.identity(),
                    batch,
                };
                let mut gone = fact(told.line_no.as_str(), told.at, what);
                gone.about = About::default();
                self.tell(&gone);
            }
            Word::Return(returned) => {
                let returned = Box::new(returned.clone());
                let made = self.ask(&Command::Returns(vec![ReturnWord::TakenBack { returned, batch }]));
                assert_eq!(made.returns[0].code, None);
            }
        }
    }

    fn ends(&self, words: &[Word]) -> Vec<String> {
        let log = self;
        let mut ends: Vec<String> = words
            .iter()
            .map(|word| match word {
                Word::Line(fact) => {
                    let state = log.line(fact.line_no.as_str());
                    let paid = state.story().paid_goods().unwrap_or_default();
                    let refunded: i64 = state.story().refunds.iter().map(|refund| refund.goods.0).sum();
                    let named: i64 = words
                        .iter()
                        .map(|word| match word {
                            Word::Line(told) if told.line == fact.line => match &told.what {
                                What::RefundWon { goods, .. } => goods.0,
                                _ => 0,
                            },
                            _ => 0,
                        })
                        .sum();
                    assert!(refunded <= paid.0.max(named), "{refunded} of {paid:?}");
                    format!("{} {:?}", fact.line_no, state.posted())
                }
                Word::Return(returned) => format!("{} {:?}", returned.document, log.verdict(returned)),
            })
            .collect();
        ends.sort();
        ends
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn any_order_of_sales_refunds_and_returns_ends_in_the_same_balances(
        (one, other) in words().prop_flat_map(|words| (Just(words.clone()), Just(words).prop_shuffle()))
    ) {
        prop_assert_eq!(end(&one), end(&other));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_an_import_told_and_took_back_moves_no_balance_and_no_match(
        words in words().prop_flat_map(|words| Just(words).prop_shuffle()),
        imported in prop::collection::vec(any::<bool>(), 13),
    ) {
        let of = |wanted: bool| {
            let told = words.iter().zip(&imported).filter(move |(_, imported)| **imported == wanted);
            told.map(|(word, _)| word.clone()).collect::<Vec<Word>>()
        };
        let (gone, rest) = (of(true), of(false));
        let mut log = shop();
        words.iter().for_each(|word| log.hear(word));
        gone.iter().for_each(|word| log.take_back(word));
        prop_assert_eq!(log.ends(&rest), end(&rest));
        for word in &gone {
            if let Word::Line(told) = word && matches!(told.what, What::Paid { .. }) {
                prop_assert_eq!(log.estimated(told.line_no.as_str()), 0);
            }
        }
    }
}
