//! Golden events of suppliers, offers and quotes.
//! It must never change what was released: a further form is a further event.

use fenzhang::base::*;
use fenzhang::domain::event::Event;
use fenzhang::domain::offer::*;
use fenzhang::domain::supplier::{Profile, Scores, SupplierReported};
use fenzhang::money::{Currency, Minor};

use super::{at, ext, id, party, rate};

fn terms() -> OfferTerms {
    let tier = |from, price| Tier {
        from,
        price: Minor(price),
    };
    OfferTerms {
        supplier: Some(party(PartyKind::Supplier)),
        company: Some("义乌市某日用百货商行".parse().unwrap()),
        other_subject: Some("Round sunglasses".parse().unwrap()),
        category: vec!["1031922".to_owned(), "54".to_owned()],
        place: Some("浙江 金华市".to_owned()),
        url: Some("https://detail.1688.com/offer/820581318475.html".to_owned()),
        unit: Some("副".to_owned()),
        quote_by: QuoteBy::QuantityOfSkus,
        tiers: vec![tier(1, 1_800), tier(20, 1_700), tier(200, 1_600)],
        skus: vec![Sku {
            sku: ext("4620693571711"),
            attributes: [("颜色".to_owned(), "黑".to_owned())].into(),
            price: Some(Minor(1_800)),
            consign_price: Some(Minor(1_900)),
            stock: Some(120),
        }],
        sale_price: Some(Minor(1_650)),
        list_price: Some(Minor(2_000)),
        min_order: 2,
        batch: Some(Batch {
            number: 2,
            unit: Some("打".to_owned()),
        }),
        mixed: true,
        private_price: true,
        freight: Freight::Units {
            first: 10,
            first_price: Minor(600),
            more: 5,
            more_price: Minor(200),
        },
        ships_within_h: Some(48),
        consign: Some(Consign {
            price: Some(Minor(1_900)),
            freight: Freight::SellerPays,
        }),
        sample: Some(SampleOffer {
            price: Some(Minor(2_500)),
            freight: Freight::SellerPays,
            most: Some(1),
        }),
        tags: vec!["7天无理由".to_owned()],
        attributes: [("材质".to_owned(), "PC".to_owned())].into(),
        notes: [Note::UnitStripped, Note::SalePriceDiffers].into(),
        ..plain()
    }
}

fn plain() -> OfferTerms {
    let subject = "圆框墨镜女高级感".parse().unwrap();
    OfferTerms::plain(ext("1688"), ext("820581318475"), subject, Currency::CNY)
}

fn published(version: u32, terms: OfferTerms) -> Event {
    Event::Offer(OfferEvent::Published(OfferPublished {
        offer: OfferId(id(39)),
        version,
        terms: Box::new(terms),
    }))
}

fn quoted() -> QuoteGiven {
    let line = PricedLine {
        sku: Some(ext("4620693571711")),
        quantity: 19,
        unit_price: Minor(1_800),
        goods: Minor(34_200),
        tier_from: Some(1),
        short_of_stock: true,
    };
    QuoteGiven {
        quote: QuoteId(id(40)),
        offer: OfferId(id(39)),
        version: 2,
        buyer: Some(party(PartyKind::Anchor)),
        kind: PriceKind::Wholesale,
        currency: Currency::CNY,
        priced: Priced {
            lines: vec![line],
            quantity: 19,
            goods: Minor(34_200),
            freight: Some(Minor(1_000)),
            total: Minor(35_200),
            at_most: true,
            cheaper: Some(Cheaper {
                quantity: 20,
                unit_price: Minor(1_700),
                goods: Minor(34_000),
                freight: Some(Minor(1_000)),
                total: Minor(35_000),
            }),
        },
        valid_until: at(4_320),
    }
}

/// One event of each kind.
pub fn events() -> Vec<Event> {
    vec![
        Event::Supplier(Box::new(SupplierReported {
            supplier: party(PartyKind::Supplier),
            source: ext("1688"),
            member_no: "b2b-221818264423833a6a".to_owned(),
            reported_at: at(0),
            scores: Scores {
                composite: Some("3.0".parse().unwrap()),
                logistics: Some("0.0".parse().unwrap()),
                dispute: Some("5.0".parse().unwrap()),
                offer: Some("4.85".parse().unwrap()),
                after_sales: Some("5.0".parse().unwrap()),
                consulting: Some("3.0".parse().unwrap()),
                medal: Some(3),
                repurchase_ppm: Some(rate(120_000)),
                collected_48h_ppm: Some(rate(980_000)),
                quality_refund_ppm: Some(rate(2_000)),
                member_years: Some(7),
            },
            profile: Profile {
                login_name: Some("某日用百货商行".to_owned()),
                business: Some("生产加工".to_owned()),
                factory_inspected: true,
                super_factory: true,
                services: vec!["深度验厂".to_owned()],
            },
        })),
        published(2, terms()),
        Event::Offer(OfferEvent::StatusChanged(OfferStatusChanged {
            offer: OfferId(id(39)),
            status: OfferStatus::AuditedOff,
        })),
        Event::Offer(OfferEvent::Reported(OfferReported {
            offer: OfferId(id(39)),
            reported_at: at(0),
            figures: OfferFigures {
                sold: Some(700),
                sold_days: Some(90),
                orders: Some(9),
                score: Some("4.9".parse().unwrap()),
                repurchase_ppm: Some(rate(120_000)),
            },
        })),
        Event::Quote(QuoteEvent::Given(Box::new(quoted()))),
        Event::Quote(QuoteEvent::Used(QuoteUsed {
            quote: QuoteId(id(40)),
            used_for: ext("pur_00000000000000000000000000001029"),
        })),
    ]
}

/// Further forms: an offer that says next to nothing, a range, and a quote for the owner without freight.
pub fn forms() -> Vec<(&'static str, Event)> {
    let range = OfferTerms {
        range: Some(PriceRange {
            low: Minor(310),
            high: Minor(930),
        }),
        notes: [Note::RangeOnly, Note::SupplierUnnamed].into(),
        ..plain()
    };
    let single = OfferTerms {
        single_price: Some(Minor(300)),
        quote_by: QuoteBy::Quantity,
        ..plain()
    };
    let given = QuoteGiven {
        buyer: None,
        kind: PriceKind::Sample,
        priced: Priced {
            lines: vec![PricedLine {
                sku: None,
                quantity: 1,
                unit_price: Minor(300),
                goods: Minor(300),
                tier_from: None,
                short_of_stock: false,
            }],
            quantity: 1,
            goods: Minor(300),
            freight: None,
            total: Minor(300),
            at_most: false,
            cheaper: None,
        },
        ..quoted()
    };
    vec![
        ("range", published(1, range)),
        ("single", published(1, single)),
        ("plain", Event::Quote(QuoteEvent::Given(Box::new(given)))),
    ]
}
