//! Golden events of briefs and brand contracts: one of each kind, with everything that it may carry.
//! It must never change a figure: what is here was written once.

use fenzhang::base::*;
use fenzhang::domain::brief::event::{BriefClock, Parting};
use fenzhang::domain::brief::{
    self, BriefDrafted, BriefEvent, BriefTerms, BriefTimer, Filters, Product, Samples, Visibility,
};
use fenzhang::domain::contract::event::{Clock, Delivery, Ending, Evidence, How, Proposed, Sold, Why};
use fenzhang::domain::contract::forms::Hosted;
use fenzhang::domain::contract::{
    self, Awarded, Channel, Clocks, Commission, ContractEvent, Deliverable, Form, Guarantee, Measured, Remedy,
    ServiceFee, Side, Taker, TakerKeeps, Terms, TimerSet,
};
use fenzhang::domain::event::Event;
use fenzhang::money::{Currency, Minor};

use super::{at, ext, id, legs, party, rate};

fn terms(form: Form) -> Terms {
    Terms {
        currency: Currency::CNY,
        form,
        deliverables: vec![Deliverable {
            name: "直播坑位".to_owned(),
            media: Some("live".to_owned()),
            fee: Minor(1_000_000),
            from: Some(at(0)),
            to: Some(at(120)),
            minutes: Some(120),
            due: Some(at(1_000)),
            evidence: vec!["replay_url".to_owned()],
            external_id: None,
        }],
        service_fee: ServiceFee {
            rate: rate(50_000),
            taker: Some(party(PartyKind::Platform)),
        },
        penalty: rate(200_000),
        clocks: Clocks::default(),
        channel: Channel::Vtask,
        part_funding: true,
        programme: None,
    }
}

fn commission() -> Commission {
    Commission {
        items: vec![ItemId(id(3))],
        rate: rate(200_000),
        from: at(0),
        to: at(120),
    }
}

fn measured() -> Measured {
    Measured {
        items: vec![ItemId(id(3))],
        accounts: vec!["account-1".to_owned()],
        from: at(0),
        to: at(10_000),
        gross: true,
        source: Some("ledger".to_owned()),
        excluded: vec!["brushed".to_owned()],
    }
}

fn guarantee() -> Form {
    Form::Guarantee {
        guarantee: Guarantee {
            target: Minor(20_000_000),
            measured: measured(),
            remedy: Remedy::ProRata,
            cap: Some(Minor(500_000)),
        },
    }
}

fn awarded(form: Form) -> contract::What {
    let taker = |kind, keeps| Taker {
        party: party(kind),
        keeps,
        membership: Some(MembershipId(id(1))),
        direct: true,
    };
    contract::What::Awarded {
        awarded: Box::new(Awarded {
            contract: ContractId(id(40)),
            external_id: Some(ext("C-1")),
            brief: BriefId(id(41)),
            brand: party(PartyKind::Brand),
            awardee: party(PartyKind::Anchor),
            anchor: Some(party(PartyKind::Anchor)),
            chain: vec![
                taker(PartyKind::Agency, TakerKeeps::Share(rate(300_000))),
                taker(PartyKind::Anchor, TakerKeeps::All),
            ],
            terms: terms(form),
        }),
    }
}

fn whats() -> Vec<contract::What> {
    use contract::What;
    let (deliverable, by) = (0, Side::Brand);
    let reason = || "链接未挂".to_owned();
    let files = || vec!["ab".repeat(32)];
    let line = LineId(id(8));
    let anchor = party(PartyKind::Anchor);
    vec![
        awarded(Form::SlotFeeCommission {
            commission: commission(),
        }),
        What::AnchorProposed { anchor },
        What::AnchorAssigned {
            anchor,
            chain: vec![Taker {
                party: anchor,
                keeps: TakerKeeps::PassesOn(rate(700_000)),
                membership: None,
                direct: false,
            }],
        },
        What::AnchorRefused { anchor },
        What::AmendmentProposed {
            number: 2,
            by,
            terms: Box::new(terms(guarantee())),
        },
        What::Amended { number: 2 },
        What::AmendmentRefused { number: 2, by },
        What::Funded {
            amount: Minor(1_050_000),
            held: Minor(1_050_000),
        },
        What::Paid {
            amount: Minor(1_050_000),
            channel: Channel::Vtask,
            reference: ext("VT-1"),
            at: at(1),
        },
        What::Refunded { amount: Minor(5_000) },
        What::Scheduled {
            deliverable,
            at: Some(at(60)),
        },
        What::Overdue { deliverable },
        What::Delivered {
            deliverable,
            delivery: Delivery {
                evidence: vec![Evidence {
                    kind: "replay_url".to_owned(),
                    value: "https://example.com/replay".to_owned(),
                }],
                minutes: Some(118),
                note: Some("已完成".to_owned()),
            },
        },
        What::ReviewWarned { deliverable },
        What::RevisionRequested {
            deliverable,
            round: 1,
            reason: reason(),
        },
        What::Accepted {
            deliverable,
            how: How::Silent,
            owed: Some(Minor(1_000_000)),
        },
        What::ResultDue { deliverable },
        What::ResultProposed {
            deliverable,
            result: Proposed {
                lines: vec![Sold {
                    line,
                    amount: Minor(15_000_000),
                    counted: true,
                }],
                reached: Minor(15_000_000),
                position: Some(9_007_199_254_740_993),
            },
        },
        What::ResultContested {
            deliverable,
            by,
            lines: vec![line],
            reason: reason(),
        },
        What::ResultAccepted { deliverable, by },
        What::MakeUpDue {
            deliverable,
            reached: Minor(15_000_000),
        },
        What::Disputed {
            deliverable,
            by,
            reason: reason(),
            files: files(),
        },
        What::StatementMade {
            deliverable,
            by: Side::Anchor,
            text: reason(),
            files: files(),
        },
        What::DisputeOverdue { deliverable },
        What::Cancelled {
            deliverable: Some(0),
            by,
            reason: reason(),
        },
        What::Released {
            deliverable,
            earned: Minor(200_000),
            returned: Minor(800_000),
            service: Minor(10_000),
            released: Minor(210_000),
            voided: Minor(840_000),
            why: Why::Cancelled,
            closed: true,
            reason: Some(reason()),
        },
        What::Ended {
            ending: Ending::CancelledByBrand,
            returned: Minor(0),
        },
        What::Rated {
            by,
            stars: 5,
            text: Some("好".to_owned()),
        },
        What::RatingClosed,
        What::TimerLapsed {
            code: "escrow_insufficient".to_owned(),
        },
    ]
}

fn contract_event(what: contract::What) -> Event {
    Event::Contract(Box::new(ContractEvent {
        what,
        fired: Some(TimerId(id(9))),
        timers: vec![TimerSet {
            clock: Clock::Review,
            deliverable: Some(0),
            due: at(10_000),
        }],
        legs: legs(),
    }))
}

fn says() -> BriefTerms {
    BriefTerms {
        title: "六月面膜专场".parse().unwrap(),
        category: Some("美妆".to_owned()),
        products: vec![Product {
            item: ItemId(id(3)),
            list_price: Some(Minor(19_900)),
            floor_price: Some(Minor(9_900)),
        }],
        terms: terms(Form::SlotFee),
        budget: Some(Minor(5_000_000)),
        slots: 3,
        position: Some(2),
        filters: Filters {
            level: Some(3),
            fans: Some(100_000),
            segment: Some("s1".to_owned()),
            agency: Some(party(PartyKind::Agency)),
        },
        samples: Some(Samples {
            returned: true,
            by: Some(at(100)),
        }),
        creative: Some("不得夸大".to_owned()),
        ad_label: true,
        forbidden_claims: vec!["医疗功效".to_owned()],
        exclusivity_days: Some(7),
        recut_rights: Some("一年".to_owned()),
        invoice_kind: Some("vat_special".to_owned()),
        invoice_title: Some("示例品牌".to_owned()),
        contact: Some(ext("contact-1")),
        attachments: vec!["ab".repeat(32)],
        visibility: Visibility::Agency,
        invitation: 172_800,
        closes_at: at(2_000),
        expires_at: at(20_000),
    }
}

fn brief_events() -> Vec<Event> {
    use brief::What;
    let (party, contract) = (party(PartyKind::Anchor), ContractId(id(40)));
    let quoted = || Box::new(terms(Form::SlotFee));
    let each = vec![
        What::Drafted {
            drafted: Box::new(BriefDrafted {
                brief: BriefId(id(41)),
                external_id: Some(ext("PO-1")),
                brand: super::party(PartyKind::Brand),
                terms: says(),
            }),
        },
        What::Amended {
            terms: Box::new(says()),
        },
        What::Posted,
        What::Invited { party },
        What::Applied {
            party,
            terms: quoted(),
            note: Some("两小时".to_owned()),
            external_id: None,
        },
        What::Quoted {
            party,
            by: Side::Brand,
            terms: quoted(),
        },
        What::QuoteAccepted { party },
        What::Shortlisted { party },
        What::ApplicationEnded {
            party,
            how: Parting::Unanswered,
            reason: Some("档期不合".to_owned()),
        },
        What::Awarded { party, contract },
        What::AwardLapsed { party, contract },
        What::Closed,
        What::Expired,
        What::Withdrawn {
            reason: "改期".to_owned(),
        },
    ];
    let event = |what| {
        Event::Brief(Box::new(BriefEvent {
            what,
            fired: Some(TimerId(id(9))),
            timers: vec![BriefTimer {
                clock: BriefClock::Invitation,
                party: Some(party),
                due: at(2_880),
            }],
        }))
    };
    each.into_iter().map(event).collect()
}

/// One event of each kind.
pub fn events() -> Vec<Event> {
    let contracts = whats().into_iter().map(contract_event);
    contracts.chain(brief_events()).collect()
}

/// An award to a programme, whose anchor is assigned later.
fn to_programme() -> contract::What {
    let mut what = awarded(Form::Retainer);
    if let contract::What::Awarded { awarded } = &mut what {
        awarded.anchor = None;
        awarded.chain.clear();
        awarded.terms.programme = Some(ext("PGC-1"));
    }
    what
}

/// The other forms of a contract.
pub fn forms() -> Vec<(&'static str, Event)> {
    let hosted = Hosted {
        rate: Minor(30_000),
        tiers: vec![(Minor(0), rate(10_000)), (Minor(10_000_000), rate(20_000))],
        measured: measured(),
    };
    vec![
        (
            "commission",
            contract_event(awarded(Form::Commission {
                commission: commission(),
            })),
        ),
        ("guarantee", contract_event(awarded(guarantee()))),
        ("hourly", contract_event(awarded(Form::Hourly { rate: Minor(500_000) }))),
        ("retainer", contract_event(awarded(Form::Retainer))),
        ("hosted", contract_event(awarded(Form::Hosted { hosted }))),
        ("programme", contract_event(to_programme())),
    ]
}
