//! Tests of offers, prices and quotes: tier tables to the fen, refusals by code, and the properties that hold for all of them.
//! Must never need a database.

use proptest::prelude::*;
use uuid::Uuid;

use super::decide::*;
use super::price::{price, price_one};
use super::*;
use crate::base::{ExternalId, Instant, OfferId, PartyId, PartyKind, QuoteId};
use crate::money::{Currency, Minor};

fn at(hours: i64) -> Instant {
    Instant::from_micros(1_780_000_000_000_000)
        .unwrap()
        .plus_seconds(3_600 * hours)
}

fn offer() -> OfferId {
    OfferId(Uuid::from_u128(1))
}

fn quote() -> QuoteId {
    QuoteId(Uuid::from_u128(2))
}

fn buyer() -> PartyId {
    PartyId::tagged(PartyKind::Anchor, Uuid::from_u128(3))
}

fn plain() -> OfferTerms {
    OfferTerms::plain(
        "1688".parse().unwrap(),
        "737342241195".parse().unwrap(),
        "手提包".parse().unwrap(),
        Currency::CNY,
    )
}

/// AT-22: tiers 1-9 25.00; 10-99 22.00; 100-499 19.50; 500+ 17.80; minimum order 2; a sample is sent for 8.00.
fn at_22() -> OfferTerms {
    OfferTerms {
        tiers: [(1, 2_500), (10, 2_200), (100, 1_950), (500, 1_780)]
            .map(|(from, price)| Tier {
                from,
                price: Minor(price),
            })
            .to_vec(),
        min_order: 2,
        sample: Some(SampleOffer {
            price: None,
            freight: Freight::Units {
                first: 1,
                first_price: Minor(800),
                more: 1,
                more_price: Minor(800),
            },
            most: Some(1),
        }),
        ..plain()
    }
}

fn units(terms: &OfferTerms, quantity: u32) -> Priced {
    price_one(terms, PriceKind::Wholesale, None, quantity).unwrap()
}

fn refused(terms: &OfferTerms, kind: PriceKind, quantity: u32) -> &'static str {
    price_one(terms, kind, None, quantity).unwrap_err().code
}

#[test]
fn the_tier_table_of_at_22_on_both_sides_of_each_boundary() {
    let terms = at_22();
    for (quantity, unit, goods) in [
        (2, 2_500, 5_000),
        (9, 2_500, 22_500),
        (10, 2_200, 22_000),
        (99, 2_200, 217_800),
        (100, 1_950, 195_000),
        (120, 1_950, 234_000),
        (499, 1_950, 973_050),
        (500, 1_780, 890_000),
    ] {
        let priced = units(&terms, quantity);
        assert_eq!(
            (priced.lines[0].unit_price, priced.goods),
            (Minor(unit), Minor(goods)),
            "{quantity}"
        );
        assert_eq!((priced.freight, priced.total), (None, Minor(goods)));
    }
}

#[test]
fn a_hundred_units_are_shown_as_cheaper_than_ninety_nine() {
    let terms = at_22();
    let cheaper = units(&terms, 99).cheaper.unwrap();
    assert_eq!(
        (cheaper.quantity, cheaper.unit_price, cheaper.total),
        (100, Minor(1_950), Minor(195_000))
    );
    assert_eq!(units(&terms, 120).cheaper, None);
    // 88 units cost 1,936.00, less than 100 do; 89 cost 1,958.00.
    assert_eq!(units(&terms, 88).cheaper, None);
    assert_eq!(units(&terms, 89).cheaper.unwrap().quantity, 100);
    // 457 units cost 8,911.50 and 500 cost 8,900.00.
    assert_eq!(units(&terms, 456).cheaper, None);
    assert_eq!(units(&terms, 457).cheaper.unwrap().quantity, 500);
}

#[test]
fn one_unit_is_below_the_minimum_unless_it_is_a_sample() {
    let terms = at_22();
    assert_eq!(refused(&terms, PriceKind::Wholesale, 1), "below_moq");
    let sample = price_one(&terms, PriceKind::Sample, None, 1).unwrap();
    assert_eq!(
        (sample.goods, sample.freight, sample.total),
        (Minor(2_500), Some(Minor(800)), Minor(3_300))
    );
    assert_eq!(refused(&terms, PriceKind::Sample, 2), "above_sample");
}

#[test]
fn freight_counts_each_started_group_and_may_make_fewer_units_the_better_buy() {
    let freight = Freight::Units {
        first: 10,
        first_price: Minor(600),
        more: 5,
        more_price: Minor(200),
    };
    for (units, fen) in [(1, 600), (10, 600), (11, 800), (15, 800), (16, 1_000)] {
        assert_eq!(freight.of(units).unwrap(), Some(Minor(fen)), "{units}");
    }
    // 99 units and freight 6.00 + 18 x 2.00; goods of 100 are 228.00 less.
    let terms = OfferTerms { freight, ..at_22() };
    let priced = units(&terms, 99);
    assert_eq!((priced.freight, priced.total), (Some(Minor(4_200)), Minor(222_000)));
    assert_eq!(priced.cheaper.unwrap().total, Minor(199_200));
    let heavy = Freight::Units {
        first: 99,
        first_price: Minor(0),
        more: 1,
        more_price: Minor(30_000),
    };
    assert_eq!(
        units(
            &OfferTerms {
                freight: heavy,
                ..at_22()
            },
            99
        )
        .cheaper,
        None
    );
    let paid = OfferTerms {
        freight: Freight::SellerPays,
        ..at_22()
    };
    assert_eq!(units(&paid, 120).freight, Some(Minor::ZERO));
}

#[test]
fn what_the_terms_do_not_say_is_refused_by_a_code() {
    assert_eq!(refused(&plain(), PriceKind::Wholesale, 1), "no_price");
    assert_eq!(refused(&at_22(), PriceKind::Consign, 1), "not_dropship");
    assert_eq!(refused(&at_22(), PriceKind::Wholesale, 0), "no_quantity");
    assert_eq!(refused(&at_22(), PriceKind::Wholesale, 10_000_001), "quantity_range");
    let consign = Consign {
        price: None,
        freight: Freight::Unknown,
    };
    let dropship = OfferTerms {
        consign: Some(consign),
        ..at_22()
    };
    assert_eq!(refused(&dropship, PriceKind::Consign, 1), "no_price");
    let private = OfferTerms {
        private_price: true,
        ..at_22()
    };
    assert_eq!(refused(&private, PriceKind::Wholesale, 10), "private_price");
    let batches = OfferTerms {
        batch: Some(Batch { number: 12, unit: None }),
        ..at_22()
    };
    assert_eq!(refused(&batches, PriceKind::Wholesale, 99), "not_a_batch");
    assert_eq!(units(&batches, 96).cheaper.unwrap().quantity, 108);
    let sku: ExternalId = "s1".parse().unwrap();
    let unknown = price_one(&at_22(), PriceKind::Wholesale, Some(&sku), 10).unwrap_err();
    assert_eq!(
        (unknown.code, unknown.fields[0].pointer.as_ref()),
        ("unknown_sku", "/lines/0")
    );
    assert_eq!(
        price(&at_22(), PriceKind::Wholesale, &[]).unwrap_err().code,
        "lines_count"
    );
}

fn sku(number: &str, price: Option<i64>, stock: Option<u32>) -> Sku {
    Sku {
        sku: number.parse().unwrap(),
        attributes: Default::default(),
        price: price.map(Minor),
        consign_price: price.map(|fen| Minor(fen + 100)),
        stock,
    }
}

fn asked(number: &str, quantity: u32) -> Asked {
    Asked {
        sku: Some(number.parse().unwrap()),
        quantity,
    }
}

#[test]
fn skus_count_together_towards_the_tier_or_have_their_own_prices() {
    let skus = vec![sku("red", Some(3_000), Some(50)), sku("blue", None, None)];
    let together = OfferTerms {
        quote_by: QuoteBy::QuantityOfSkus,
        skus: skus.clone(),
        ..at_22()
    };
    let priced = price(&together, PriceKind::Wholesale, &[asked("red", 60), asked("blue", 40)]).unwrap();
    assert_eq!((priced.quantity, priced.goods), (100, Minor(195_000)));
    assert_eq!(
        priced.lines.iter().map(|line| line.short_of_stock).collect::<Vec<_>>(),
        [true, false]
    );
    let own = OfferTerms {
        quote_by: QuoteBy::Sku,
        skus,
        ..at_22()
    };
    let priced = price(&own, PriceKind::Wholesale, &[asked("red", 2)]).unwrap();
    assert_eq!((priced.goods, priced.cheaper), (Minor(6_000), None));
    let none = price(&own, PriceKind::Wholesale, &[asked("red", 2), asked("blue", 1)]).unwrap_err();
    assert_eq!((none.code, none.fields[0].pointer.as_ref()), ("no_price", "/lines/1"));
    assert_eq!(refused(&own, PriceKind::Wholesale, 10), "sku_needed");
}

#[test]
fn consignment_has_its_own_price_and_freight() {
    let terms = OfferTerms {
        consign: Some(Consign {
            price: Some(Minor(2_200)),
            freight: Freight::SellerPays,
        }),
        skus: vec![sku("red", Some(3_000), None), sku("blue", None, None)],
        ..at_22()
    };
    let one = price_one(&terms, PriceKind::Consign, None, 1).unwrap();
    assert_eq!((one.goods, one.freight), (Minor(2_200), Some(Minor::ZERO)));
    let priced = price(&terms, PriceKind::Consign, &[asked("red", 2), asked("blue", 1)]).unwrap();
    assert_eq!(priced.goods, Minor(2 * 3_100 + 2_200));
}

#[test]
fn a_range_is_quoted_at_its_highest_and_said_to_be_at_most_that() {
    let range = |low, high| OfferTerms {
        range: Some(PriceRange {
            low: Minor(low),
            high: Minor(high),
        }),
        ..plain()
    };
    let priced = units(&range(310, 930), 3);
    assert_eq!((priced.goods, priced.at_most), (Minor(2_790), true));
    assert!(!units(&range(310, 310), 3).at_most);
    let single = OfferTerms {
        single_price: Some(Minor(300)),
        ..range(310, 930)
    };
    assert_eq!(
        (units(&single, 3).goods, units(&single, 3).at_most),
        (Minor(900), false)
    );
}

#[test]
fn terms_that_no_price_could_follow_from_are_refused_with_every_field() {
    let broken = OfferTerms {
        tiers: vec![
            Tier {
                from: 10,
                price: Minor(100),
            },
            Tier {
                from: 10,
                price: Minor(0),
            },
        ],
        range: Some(PriceRange {
            low: Minor(2),
            high: Minor(1),
        }),
        min_order: 0,
        supplier: Some(buyer()),
        skus: vec![sku("red", None, None), sku("red", None, None)],
        tags: vec![String::new()],
        ..plain()
    };
    let codes: Vec<&str> = broken
        .check()
        .unwrap_err()
        .fields
        .iter()
        .map(|field| field.code)
        .collect();
    for code in [
        "price_not_positive",
        "range_order",
        "tiers_order",
        "sku_twice",
        "quantity_range",
        "party_kind",
        "text_length",
    ] {
        assert!(codes.contains(&code), "{code}: {codes:?}");
    }
}

fn published(state: &mut OfferState, terms: OfferTerms) -> Vec<OfferEvent> {
    let events = publish(state, offer(), terms).unwrap();
    events.iter().for_each(|event| state.evolve(event));
    events
}

#[test]
fn the_same_offer_again_is_nothing_and_a_changed_price_is_the_next_version() {
    let mut state = OfferState::default();
    assert_eq!(published(&mut state, at_22()).len(), 1);
    assert_eq!(published(&mut state, at_22()), vec![]);
    let mut changed = at_22();
    changed.tiers[1].price = Minor(2_150);
    assert!(matches!(&published(&mut state, changed)[..], [OfferEvent::Published(e)] if e.version == 2));
    assert_eq!(state.version, 2);
}

#[test]
fn an_offer_that_was_deleted_is_not_quoted_until_it_is_published_again() {
    let mut state = OfferState::default();
    published(&mut state, at_22());
    let gone = change_status(&state, offer(), OfferStatus::Deleted).unwrap().unwrap();
    state.evolve(&gone);
    assert_eq!(change_status(&state, offer(), OfferStatus::Deleted).unwrap(), None);
    let lines = [Asked {
        sku: None,
        quantity: 10,
    }];
    assert_eq!(
        give(&state, quote(), ask(&lines), at(0)).unwrap_err().code,
        "offer_not_on_sale"
    );
    let back = published(&mut state, at_22());
    assert!(matches!(back[..], [OfferEvent::StatusChanged(e)] if e.status == OfferStatus::Published));
    assert!(give(&state, quote(), ask(&lines), at(0)).is_ok());
    let none = OfferState::default();
    assert_eq!(
        change_status(&none, offer(), OfferStatus::Expired).unwrap_err().code,
        "not_found"
    );
}

#[test]
fn figures_change_without_making_a_version() {
    let mut state = OfferState::default();
    let sold = |sold| OfferFigures {
        sold: Some(sold),
        ..OfferFigures::default()
    };
    assert_eq!(report(&state, offer(), at(1), OfferFigures::default()), None);
    let event = report(&state, offer(), at(1), sold(7)).unwrap();
    state.evolve(&event);
    assert_eq!(report(&state, offer(), at(2), sold(7)), None);
    assert_eq!(report(&state, offer(), at(0), sold(6)), None, "older than what stands");
    assert!(report(&state, offer(), at(2), sold(9)).is_some());
    assert_eq!(state.version, 0);
}

fn ask(lines: &[Asked]) -> QuoteAsk<'_> {
    QuoteAsk {
        offer: offer(),
        buyer: Some(buyer()),
        kind: PriceKind::Wholesale,
        lines,
        valid_for_h: Some(24),
    }
}

#[test]
fn a_quote_is_used_once_and_before_its_end() {
    let mut offer = OfferState::default();
    published(&mut offer, at_22());
    let lines = [Asked {
        sku: None,
        quantity: 120,
    }];
    let mut state = QuoteState::default();
    state.evolve(&give(&offer, quote(), ask(&lines), at(0)).unwrap());
    let given = state.given.clone().unwrap();
    assert_eq!(
        (given.version, given.priced.total, given.valid_until),
        (1, Minor(234_000), at(24))
    );
    let (one, two): (ExternalId, ExternalId) = ("pur_1".parse().unwrap(), "pur_2".parse().unwrap());
    assert_eq!(used(&state, &one, at(24)).unwrap_err().code, "quote_expired");
    state.evolve(&used(&state, &one, at(23)).unwrap().unwrap());
    assert_eq!(used(&state, &one, at(48)).unwrap(), None);
    assert_eq!(used(&state, &two, at(23)).unwrap_err().code, "quote_used");
    assert_eq!(used(&QuoteState::default(), &one, at(0)).unwrap_err().code, "not_found");
}

#[test]
fn a_quote_is_for_who_buys_and_for_at_most_thirty_days() {
    let mut state = OfferState::default();
    published(&mut state, at_22());
    let lines = [Asked {
        sku: None,
        quantity: 120,
    }];
    let supplier = PartyId::tagged(PartyKind::Supplier, Uuid::from_u128(3));
    let code = |ask| give(&state, quote(), ask, at(0)).unwrap_err().code;
    assert_eq!(
        code(QuoteAsk {
            buyer: Some(supplier),
            ..ask(&lines)
        }),
        "party_kind"
    );
    assert_eq!(
        code(QuoteAsk {
            valid_for_h: Some(721),
            ..ask(&lines)
        }),
        "validity_range"
    );
    assert_eq!(
        code(QuoteAsk {
            valid_for_h: Some(0),
            ..ask(&lines)
        }),
        "validity_range"
    );
}

prop_compose! {
    fn any_tiers()(steps in prop::collection::vec((1_u32..2_000, 1_i64..10_000), 0..6)) -> Vec<Tier> {
        let mut from = 0;
        steps.into_iter().map(|(step, price)| {
            from += step;
            Tier { from, price: Minor(price) }
        }).collect()
    }
}

prop_compose! {
    fn any_freight()(kind in 0..3, first in 1_u32..50, more in 1_u32..50, one in 0_i64..5_000, each in 0_i64..500) -> Freight {
        match kind {
            0 => Freight::Unknown,
            1 => Freight::SellerPays,
            _ => Freight::Units { first, first_price: Minor(one), more, more_price: Minor(each) },
        }
    }
}

prop_compose! {
    fn any_terms()(
        tiers in any_tiers(),
        freight in any_freight(),
        single in prop::option::of(1_i64..10_000),
        sale in prop::option::of(1_i64..10_000),
        min_order in 1_u32..100,
        batch in prop::option::of(1_u32..20),
    ) -> OfferTerms {
        OfferTerms {
            tiers,
            freight,
            single_price: single.map(Minor),
            sale_price: sale.map(Minor),
            min_order,
            batch: batch.map(|number| Batch { number, unit: None }),
            ..plain()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn published_tiers_are_monotone_or_flagged(terms in any_terms()) {
        let mut state = OfferState::default();
        published(&mut state, terms);
        let kept = state.terms.unwrap();
        let rises = kept.tiers.windows(2).any(|pair| pair[1].price > pair[0].price);
        prop_assert_eq!(rises, kept.notes.contains(&Note::TiersNotMonotone));
        let again = OfferState { terms: Some(kept.clone()), version: 1, ..OfferState::default() };
        let events = publish(&again, offer(), (*kept).clone()).unwrap();
        prop_assert!(events.is_empty());
    }

    #[test]
    fn a_quote_equals_what_the_price_says_and_its_sums_hold(terms in any_terms(), quantity in 1_u32..5_000) {
        let mut state = OfferState::default();
        published(&mut state, terms.clone());
        let lines = [Asked { sku: None, quantity }];
        match (price(&terms, PriceKind::Wholesale, &lines), give(&state, quote(), ask(&lines), at(0))) {
            (Ok(priced), Ok(QuoteEvent::Given(given))) => {
                prop_assert_eq!(&given.priced, &priced);
                let goods: i64 = priced.lines.iter().map(|line| line.unit_price.0 * i64::from(line.quantity)).sum();
                prop_assert_eq!(priced.goods.0, goods);
                prop_assert_eq!(priced.total.0, goods + priced.freight.map_or(0, |freight| freight.0));
            }
            (Err(refused), Err(same)) => prop_assert_eq!(refused.code, same.code),
            (priced, given) => prop_assert!(false, "{:?} {:?}", priced, given),
        }
    }

    #[test]
    fn the_cheaper_quantity_is_the_best_of_all_larger_ones_that_may_be_bought(terms in any_terms(), quantity in 1_u32..500) {
        let Ok(priced) = price_one(&terms, PriceKind::Wholesale, None, quantity) else { return Ok(()) };
        let reach = terms.tiers.last().map_or(0, |tier| tier.from) + 20;
        let larger = (quantity + 1..=reach.max(quantity)).filter_map(|n| price_one(&terms, PriceKind::Wholesale, None, n).ok());
        let best = larger.map(|priced| priced.total).min().filter(|total| *total < priced.total);
        // With the dearer tiers of a table that is not monotone the best larger quantity may lie inside a tier only where
        // freight falls by the unit, which it never does: it always lies where a tier begins.
        prop_assert_eq!(priced.cheaper.map(|cheaper| cheaper.total), best);
        if let Some(cheaper) = priced.cheaper {
            let bought = price_one(&terms, PriceKind::Wholesale, None, cheaper.quantity).unwrap();
            prop_assert_eq!((bought.total, bought.goods, bought.freight), (cheaper.total, cheaper.goods, cheaper.freight));
        }
    }
}
