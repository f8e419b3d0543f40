//! Golden events of purchases and samples: one of each kind, with everything that it may carry.
//! It must never change a figure: what is here was written once.

use fenzhang::base::*;
use fenzhang::domain::event::Event;
use fenzhang::domain::purchase::{
    self, Cause, ChargeKind, Line, Means, Offered, Ordered, Pays, PurchaseEvent, PurchaseKind, Refund, Refunded, Track,
    Units,
};
use fenzhang::domain::sample::{self, Bearer, Requested, SampleEvent, SampleTerms};
use fenzhang::money::{Currency, Minor};

use super::{at, ext, id, legs, party};

fn ordered() -> purchase::What {
    purchase::What::Ordered {
        order: Box::new(Ordered {
            purchase: PurchaseId(id(60)),
            external_id: Some(ext("PO-1")),
            source: ext("1688"),
            order_no: Some(ext("4100000000000001")),
            kind: PurchaseKind::Dropship,
            buyer: Some(party(PartyKind::Anchor)),
            supplier: party(PartyKind::Supplier),
            currency: Currency::CNY,
            pays: Pays::Buyer,
            lines: vec![Line {
                name: "太阳镜".to_owned(),
                product: Some(ItemId(id(3))),
                offer: Some(Offered {
                    offer: OfferId(id(61)),
                    version: 2,
                    sku: Some(ext("4620693571711")),
                    tier_from: Some(20),
                    agreed: true,
                }),
                quantity: 120,
                unit_price: Minor(1_950),
                sold: Some(Minor(350_000)),
                order_line: Some(LineId(id(5))),
            }],
            freight: Minor(6_000),
            sold_freight: Some(Minor(6_000)),
            pay_by: Some(at(60)),
            quote: Some(QuoteId(id(62))),
        }),
    }
}

fn refund() -> Refund {
    Refund {
        lines: vec![Refunded {
            line: 0,
            units: 5,
            amount: Minor(9_750),
        }],
        freight: Minor(100),
        reference: Some(ext("TQ1")),
        reason: Some("破损".to_owned()),
    }
}

fn of_goods() -> Vec<purchase::What> {
    use purchase::What;
    let units = vec![Units { line: 0, units: 5 }];
    vec![
        ordered(),
        What::Sold {
            goods: Minor(350_000),
            freight: Minor(6_000),
        },
        What::Paid {
            amount: Minor(240_000),
            reference: ext("ali-1"),
        },
        What::Repaid {
            amount: Minor(1_500),
            reference: ext("ali-2"),
        },
        What::FreightChanged {
            before: Minor(6_000),
            after: Minor(4_500),
            reason: Some("卖家改价".to_owned()),
        },
        What::Shipped {
            units: units.clone(),
            tracking: Some("SF1".to_owned()),
        },
        What::Received { units: units.clone() },
        What::Rejected {
            units,
            reason: "破损".to_owned(),
        },
        What::Refunded(refund()),
        What::BuyerRefunded(refund()),
        What::Charged {
            charge: ChargeKind::ReturnFreight,
            amount: Minor(-300),
            payee: Some(party(PartyKind::Supplier)),
            note: Some("顺丰".to_owned()),
        },
        What::Billed {
            number: ext("B-1"),
            goods: Minor(224_250),
            freight: Minor(4_400),
            accrued: Minor(228_750),
            correction: Minor(-100),
        },
        What::Stated {
            track: Track::Refund,
            code: "refundsuccess".to_owned(),
            means: Some(Means::Refunded),
            number: Some(ext("TQ1")),
        },
        What::Cancelled {
            cause: Cause::SellerGoodsLack,
            reason: Some("缺货".to_owned()),
            amount: Minor(240_000),
        },
        What::TimedOut { amount: Minor(240_000) },
        What::Done,
    ]
}

fn terms() -> SampleTerms {
    SampleTerms {
        currency: Currency::CNY,
        cost: Minor(2_500),
        cost_by: Bearer::Book,
        freight: Minor(800),
        freight_by: Bearer::Holder,
        freight_paid_by: Bearer::Provider,
        deposit: Minor(5_000),
        return_by: Some(at(10_000)),
        loss_price: Minor(19_900),
    }
}

fn of_samples() -> Vec<sample::What> {
    use sample::What;
    vec![
        What::RulesSet {
            repeat_days: Some(7),
            from: at(0),
        },
        What::Requested(Box::new(Requested {
            sample: SampleId(id(63)),
            number: 2,
            holder: party(PartyKind::Anchor),
            provider: party(PartyKind::Supplier),
            item: Some(ItemId(id(3))),
            offer: Some(OfferId(id(61))),
            name: "太阳镜".to_owned(),
            units: 1,
            terms: terms(),
            note: Some("六月专场".to_owned()),
        })),
        What::Approved {
            number: 2,
            terms: terms(),
        },
        What::Refused {
            number: 2,
            reason: "缺货".to_owned(),
        },
        What::Sent {
            number: 2,
            tracking: Some(ext("SF2")),
        },
        What::Received { number: 2 },
        What::Kept { number: 2 },
        What::Returned {
            number: 2,
            freight: Minor(600),
        },
        What::Billed {
            number: 2,
            amount: Minor(19_900),
        },
        What::Lost {
            number: 2,
            amount: Minor(19_900),
            reason: "遗失".to_owned(),
        },
    ]
}

pub fn events() -> Vec<Event> {
    let goods = of_goods().into_iter().map(|what| {
        let fired = matches!(what, purchase::What::TimedOut { .. }).then(|| TimerId(id(64)));
        Event::Purchase(Box::new(PurchaseEvent {
            what,
            fired,
            legs: legs(),
        }))
    });
    let samples = of_samples().into_iter();
    let samples = samples.map(|what| Event::Sample(Box::new(SampleEvent { what, legs: legs() })));
    goods.chain(samples).collect()
}
