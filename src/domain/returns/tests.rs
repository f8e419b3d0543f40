//! Matching of returns that name no order: the rule by example, and its properties at 10,000 cases each.
//! Must never need a database.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use uuid::Uuid;

use super::decide::{self, Heard};
use super::matching::{CANDIDATES, Sale, verdicts};
use super::*;
use crate::base::{BookId, ExternalId, Instant, LineId};
use crate::money::{Currency, Minor};

fn ext(text: &str) -> ExternalId {
    text.parse().unwrap()
}

fn gbp() -> Currency {
    "GBP".parse().unwrap()
}

fn day(n: i64) -> Instant {
    "2011-01-01T09:00:00Z".parse::<Instant>().unwrap().plus_days(n)
}

fn line(n: u128) -> LineId {
    LineId(Uuid::from_u128(n))
}

fn sale(n: u128, at: i64, units: u32, price: i64) -> Sale {
    Sale {
        line: line(n),
        at: day(at),
        currency: gbp(),
        units,
        paid: Minor(price * i64::from(units)),
        left: units,
    }
}

fn returned(document: &str, at: i64, units: u32, price: i64) -> Returned {
    Returned {
        platform: ext("shop"),
        document: ext(document),
        row: ext("1"),
        buyer: Some(ext("15311")),
        item_no: Some(ext("35004C")),
        at: day(at),
        currency: gbp(),
        units,
        amount: Minor(price * i64::from(units)),
    }
}

fn verdict(sales: &[Sale], returned: &Returned) -> Verdict {
    verdicts(sales, &[returned]).remove(0).1
}

fn parked(why: Why, candidates: &[(u128, u32, bool)]) -> Verdict {
    let candidates = candidates.iter().map(|(n, left, fits)| Candidate {
        line: line(*n),
        left: *left,
        fits: *fits,
    });
    Verdict::Parked {
        why,
        candidates: candidates.collect(),
    }
}

#[test]
fn a_return_belongs_to_the_only_earlier_line_at_its_price_with_enough_left() {
    let sales = [
        sale(1, 0, 3, 465),
        sale(2, 0, 1, 465),
        sale(3, 0, 3, 500),
        sale(4, 9, 3, 465),
    ];
    let matched = Verdict::Matched { line: line(1) };
    assert_eq!(verdict(&sales, &returned("C1", 5, 2, 465)), matched);
}

#[test]
fn two_lines_that_fit_leave_it_parked_with_both() {
    let sales = [sale(1, 0, 3, 465), sale(2, 1, 2, 465), sale(3, 0, 9, 400)];
    let both = parked(Why::FitsSeveral, &[(1, 3, true), (2, 2, true), (3, 9, false)]);
    assert_eq!(verdict(&sales, &returned("C1", 5, 2, 465)), both);
}

#[test]
fn a_sale_at_the_instant_of_the_return_is_not_earlier() {
    let none = parked(Why::WithoutSale, &[]);
    assert_eq!(verdict(&[sale(1, 5, 3, 465)], &returned("C1", 5, 2, 465)), none);
}

#[test]
fn more_units_than_a_line_has_left_are_parked_with_it_as_a_candidate() {
    let near = parked(Why::FitsNone, &[(1, 3, false)]);
    assert_eq!(verdict(&[sale(1, 0, 3, 465)], &returned("C1", 5, 4, 465)), near);
}

#[test]
fn what_an_earlier_return_took_is_not_there_for_a_later_one() {
    let sales = [sale(1, 0, 3, 465)];
    let (first, second) = (returned("C1", 5, 2, 465), returned("C2", 4, 2, 465));
    let verdicts = verdicts(&sales, &[&first, &second]);
    assert_eq!(verdicts[0], (&second, Verdict::Matched { line: line(1) }));
    assert_eq!(verdicts[1], (&first, parked(Why::FitsNone, &[(1, 1, false)])));
}

#[test]
fn a_unit_price_with_a_third_decimal_is_compared_without_rounding() {
    let third = Sale {
        paid: Minor(100),
        ..sale(1, 0, 3, 0)
    };
    let mut whole = returned("C1", 5, 3, 0);
    whole.amount = Minor(100);
    assert_eq!(verdict(&[third], &whole), Verdict::Matched { line: line(1) });
    let mut one = returned("C1", 5, 1, 0);
    one.amount = Minor(33);
    assert_eq!(verdict(&[third], &one), parked(Why::FitsNone, &[(1, 3, false)]));
}

#[test]
fn candidates_are_bounded() {
    let sales: Vec<Sale> = (0..100).map(|n| sale(n, 0, 3, 465)).collect();
    let Verdict::Parked { candidates, .. } = verdict(&sales, &returned("C1", 5, 2, 465)) else {
        panic!("certain among a hundred");
    };
    assert_eq!(candidates.len(), CANDIDATES);
}

#[test]
fn a_case_of_two_long_numbers_is_still_an_outside_number() {
    let long = "9".repeat(60);
    let mut told = returned(&long, 1, 1, 100);
    told.row = ext(&long);
    assert!(told.case().as_str().starts_with("sha:"));
    assert_eq!(returned("C536383", 1, 1, 100).case(), ext("C536383:1"));
}

/// What one can be told of one buyer and item.
#[derive(Clone, Debug)]
enum Word {
    Sold(Sale),
    Told(Returned),
    TakenBack(Returned),
}

/// What each line was refunded, by case.
type Refunds = BTreeMap<LineId, BTreeMap<ExternalId, (u32, Minor)>>;

/// A desk that keeps what `flow` keeps: the state, the lines told, and what each line was refunded.
#[derive(Default)]
struct Desk {
    state: ReturnsState,
    sales: BTreeMap<LineId, Sale>,
    refunds: Refunds,
    position: i64,
    events: usize,
}

impl Desk {
    fn record(&mut self, event: &ReturnEvent) {
        self.position += 1;
        self.events += 1;
        self.state.evolve(event, self.position);
    }

    fn hear(&mut self, word: &Word) {
        match word {
            Word::Sold(sale) => {
                self.sales.insert(sale.line, *sale);
            }
            Word::Told(returned) => match decide::told(&self.state, returned, &|_| true) {
                Heard::New(event) => self.record(&event),
                Heard::Known(_) => {}
            },
            Word::TakenBack(returned) => {
                if let Some(event) = decide::withdraw(&self.state, returned, &ext("batch")) {
                    if let Some(line) = event.before {
                        let gone = self.refunds.get_mut(&line).and_then(|of| of.remove(&returned.case()));
                        assert!(gone.is_some(), "a refund that was told is taken back");
                    }
                    self.record(&ReturnEvent::Withdrawn(event));
                }
            }
        }
        self.judge();
    }

    fn judge(&mut self) {
        let sales: Vec<Sale> = self.sales.values().copied().collect();
        let refunds = &self.refunds;
        let stands =
            |returned: &Returned, line: LineId| refunds.get(&line).is_some_and(|of| of.contains_key(&returned.case()));
        let judged = decide::judge(&self.state, Some(&sales), &stands);
        for event in &judged {
            if let Some(line) = event.before {
                let case = ext(&format!("{}:{}", event.document, event.row));
                assert!(self.refunds.get_mut(&line).unwrap().remove(&case).is_some());
            }
        }
        for event in judged {
            let kept = self.state.kept().filter(|kept| kept.counts());
            let told = kept
                .map(|kept| kept.returned.clone())
                .find(|told| told.document == event.document);
            if let (Some(line), Some(told)) = (event.verdict.line(), told) {
                let before = self
                    .refunds
                    .entry(line)
                    .or_default()
                    .insert(told.case(), (told.units, told.amount));
                assert_eq!(before, None, "a line is told of a match once");
                self.within(line);
            }
            self.record(&ReturnEvent::Judged(event));
        }
    }

    /// INVARIANT: the units and amounts matched never exceed the line.
    fn within(&self, line: LineId) {
        let sale = self.sales[&line];
        let of = self.refunds[&line].values();
        let units: u32 = of.clone().map(|(units, _)| units).sum();
        let amount: i64 = of.map(|(_, amount)| amount.0).sum();
        assert!(
            units <= sale.units && amount <= sale.paid.0,
            "{units} of {}",
            sale.units
        );
    }

    /// What everything ends in.
    fn ends(&self) -> (Vec<(Returned, Option<Verdict>)>, Refunds) {
        let kept = self.state.kept().filter(|kept| kept.counts());
        let mut verdicts: Vec<_> = kept.map(|kept| (kept.returned.clone(), kept.verdict.clone())).collect();
        verdicts.sort_by(|a, b| a.0.document.cmp(&b.0.document));
        let refunds = self.refunds.iter().filter(|(_, of)| !of.is_empty());
        (verdicts, refunds.map(|(line, of)| (*line, of.clone())).collect())
    }
}

fn words() -> impl Strategy<Value = Vec<Word>> {
    let sales = prop::collection::vec((0_i64..12, 1_u32..7, 1_i64..4, 0_u32..7), 0..7);
    let returns = prop::collection::vec((0_i64..14, 1_u32..6, 1_i64..4), 0..8);
    (sales, returns).prop_map(|(sales, returns)| {
        let sold = (0_u128..).zip(sales).map(|(n, (at, units, price, left))| {
            Word::Sold(Sale {
                left: left.min(units),
                ..sale(n, at, units, price)
            })
        });
        let told = returns
            .into_iter()
            .enumerate()
            .map(|(n, (at, units, price))| Word::Told(returned(&format!("C{n}"), at, units, price)));
        sold.chain(told).collect()
    })
}

fn shuffled() -> impl Strategy<Value = (Vec<Word>, Vec<Word>)> {
    words().prop_flat_map(|words| (Just(words.clone()), Just(words).prop_shuffle()))
}

fn told(words: &[Word]) -> Desk {
    let mut desk = Desk::default();
    words.iter().for_each(|word| desk.hear(word));
    desk
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn any_order_of_sales_and_returns_ends_in_the_same_matches_and_refunds((one, other) in shuffled()) {
        prop_assert_eq!(told(&one).ends(), told(&other).ends());
    }

    #[test]
    fn told_again_or_judged_again_nothing_new_is_decided(words in words()) {
        let mut desk = told(&words);
        let (events, ends) = (desk.events, desk.ends());
        words.iter().for_each(|word| desk.hear(word));
        desk.judge();
        prop_assert_eq!((desk.events, desk.ends()), (events, ends));
    }

    #[test]
    fn what_is_taken_back_leaves_everything_as_if_it_had_never_been_told(
        (words, order) in shuffled(),
        taken in prop::collection::vec(any::<bool>(), 16),
    ) {
        let gone: BTreeSet<ExternalId> = words.iter().zip(&taken).filter_map(|(word, taken)| match word {
            Word::Told(returned) if *taken => Some(returned.document.clone()),
            _ => None,
        }).collect();
        let is_gone = |word: &Word| matches!(word, Word::Told(returned) if gone.contains(&returned.document));
        let mut desk = told(&order);
        for word in order.iter().filter(|word| is_gone(word)) {
            if let Word::Told(returned) = word {
                desk.hear(&Word::TakenBack(returned.clone()));
            }
        }
        let rest: Vec<Word> = words.into_iter().filter(|word| !is_gone(word)).collect();
        prop_assert_eq!(desk.ends(), told(&rest).ends());
    }

    #[test]
    fn a_match_is_certain_and_a_parked_return_is_not((words, _) in shuffled()) {
        let desk = told(&words);
        for kept in desk.state.kept() {
            let told = &kept.returned;
            match kept.verdict.as_ref().unwrap() {
                Verdict::Matched { line } => {
                    let sale = desk.sales[line];
                    prop_assert!(sale.at < told.at);
                    prop_assert_eq!(sale.paid.0 * i64::from(told.units), told.amount.0 * i64::from(sale.units));
                }
                Verdict::Parked { why, candidates } => {
                    let fitting = candidates.iter().filter(|candidate| candidate.fits).count();
                    prop_assert_eq!(fitting > 1, *why == Why::FitsSeveral);
                    prop_assert_eq!(candidates.is_empty(), *why == Why::WithoutSale);
                }
            }
        }
    }
}

#[test]
fn a_row_told_again_is_known_and_with_other_content_a_conflict() {
    let mut desk = Desk::default();
    let told = returned("C1", 5, 2, 465);
    desk.hear(&Word::Told(told.clone()));
    assert_eq!(decide::told(&desk.state, &told, &|_| true), Heard::Known(1));
    let other = returned("C1", 5, 3, 465);
    let Heard::New(ReturnEvent::Told(event)) = decide::told(&desk.state, &other, &|_| true) else {
        panic!("taken for known");
    };
    assert_eq!(event.flaw, Some(Flaw::Conflict));
    desk.hear(&Word::Told(other));
    assert_eq!(desk.ends().0.len(), 1, "the row told first stands");
}

#[test]
fn a_row_in_conflict_counts_when_it_is_told_again_after_the_other_was_taken_back() {
    let (right, other) = (returned("C1", 5, 1, 100), returned("C1", 5, 2, 100));
    let mut desk = told(&[Word::Told(right.clone()), Word::Told(other.clone())]);
    desk.hear(&Word::TakenBack(other.clone()));
    assert_eq!(
        desk.ends().0.len(),
        1,
        "what was in conflict never stood, and takes nothing with it"
    );
    assert_eq!(desk.ends().0[0].0, right);
    let events = desk.events;
    desk.hear(&Word::Told(other.clone()));
    assert_eq!(desk.events, events, "it is known while the other stands");
    desk.hear(&Word::TakenBack(right));
    desk.hear(&Word::Told(other.clone()));
    assert_eq!(desk.ends().0[0].0, other);
    let parked = desk.state.kept().filter(|kept| kept.flaw == Some(Flaw::Conflict));
    assert!(parked.map(|kept| kept.withdrawn).eq([true]), "the conflict is over");
}

#[test]
fn a_return_without_buyer_stands_alone_and_is_never_matched() {
    let mut told = returned("C1", 5, 2, 465);
    told.buyer = None;
    let book = BookId(Uuid::from_u128(1));
    assert_ne!(told.stream(book), returned("C1", 5, 2, 465).stream(book));
    let Heard::New(ReturnEvent::Told(event)) = decide::told(&ReturnsState::default(), &told, &|_| true) else {
        panic!("taken for known");
    };
    assert_eq!(event.flaw.map(Flaw::code), Some("return_without_buyer"));
}
