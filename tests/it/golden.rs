//! Golden events: one stored event of each kind and schema version, which must decode for ever and to the same bytes.
//! It must never lose a file: what was once written stays readable. `FENZHANG_BLESS=1` writes files that are missing or changed.

mod desk;
mod matching;
mod offers;
mod places;
mod pool;
mod recon;
mod returns;
mod settlement;
mod shares;
mod sourcing;
mod vtask;

use std::collections::BTreeMap;
use std::path::PathBuf;

use fenzhang::base::*;
use fenzhang::domain::adjustment::{AdjustmentPosted, AdjustmentPurpose};
use fenzhang::domain::approval::{ApprovalEnded, ApprovalEvent, ApprovalRequested};
use fenzhang::domain::book::event::{LogRepaired, OwnerNamed, TimerLapsed};
use fenzhang::domain::book::{
    BookEvent, BookMode, BookOpened, ClockMoved, CutOver, Fee, Formula, FormulaBasis, FormulaSet, PeriodCutOff,
    Perspective, Subsidy,
};
use fenzhang::domain::catalogue::{ItemListed, ShopRegistered};
use fenzhang::domain::click::Click;
use fenzhang::domain::command::Pending;
use fenzhang::domain::cutover::{
    CutoverEvent, LinesNamed, Opening, OpeningBalance, OpeningPosted, OpeningReversed, PayeeYear, Scope as CutoverScope,
};
use fenzhang::domain::event::{Event, KINDS};
use fenzhang::domain::import::{ImportCommitted, ImportEvent, ImportReversal, ImportReversed};
use fenzhang::domain::order::pin::*;
use fenzhang::domain::order::{
    About, Agreed, BroughtOver, Discount, FactApplied, FactState, Figures, Funder, Illegibility, LineEvent, LineFact,
    Manner, NamedAmount, Purpose, Reattributed, Reattribution, Released, Reported, Snapshot, TimerOutcome, Track, View,
    What,
};
use fenzhang::domain::parked::{ParkedResolved, Resolution};
use fenzhang::domain::party::event::PartyRenamed;
use fenzhang::domain::party::{
    ContractScope, MembershipAmended, MembershipEnded, MembershipSigned, PartyEvent, PartyRegistered, Receiver, Share,
};
use fenzhang::domain::person::{KeyIssued, KeyRevoked, PersonEvent, Role};
use fenzhang::domain::plan::event::{ShelfEvent, SubjectApplied};
use fenzhang::domain::plan::{
    PlanKind, Rates, RuleChanged, RuleEnded, RulePosted, RuleScope, RuleTerms, SubjectDecided, Subjects, UsageEvent,
};
use fenzhang::ledger::{Account, AccountKind, Layer, Leg};
use fenzhang::money::{Currency, Minor, Rate, Rounding};
use uuid::Uuid;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/events")
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x1000 + n)
}

fn party(kind: PartyKind) -> PartyId {
    PartyId::tagged(kind, id(0xa0 + kind as u128))
}

fn ext(text: &str) -> ExternalId {
    text.parse().unwrap()
}

fn at(minute: i64) -> Instant {
    let start: Instant = "2026-06-18T20:00:00+08:00".parse().unwrap();
    start.plus_seconds(60 * minute)
}

fn rate(ppm: u32) -> Rate {
    Rate::from_ppm(ppm).unwrap()
}

fn legs() -> Vec<Leg> {
    let leg = |kind, account, amount| Leg {
        account: Account::of(party(kind), account),
        layer: Layer::Settled,
        currency: Currency::CNY,
        amount: Minor(amount),
    };
    let mut legs = vec![
        leg(PartyKind::Anchor, AccountKind::Available, 1_950),
        leg(PartyKind::Brand, AccountKind::Commission, -2_000),
    ];
    legs.push(Leg {
        account: Account::book(AccountKind::Income),
        ..leg(PartyKind::Anchor, AccountKind::Available, 50)
    });
    legs
}

fn terms() -> RuleTerms {
    RuleTerms {
        subjects: Subjects::OnApproval(vec![party(PartyKind::Anchor)]),
        from: at(0),
        to: Some(at(120)),
        rates: Rates::Tiered(vec![(Minor(0), rate(100_000)), (Minor(1_000_000), rate(200_000))]),
        first_n: Some(10),
        budget: Some(Minor(500_000)),
        cap_per_order: Some(Minor(10_000)),
        give_back: true,
        priority: -1,
        locked: true,
        paused: false,
    }
}

fn formula() -> Formula {
    Formula {
        name: "一般公式".to_owned(),
        basis: FormulaBasis::OwnRules,
        payer: None,
        platform: Some(ext("taobao")),
        rounding: Rounding::HalfEven,
        add_back: vec![Funder::Platform],
        kept_deposit_is_base: true,
        content_fee: Some((party(PartyKind::Platform), rate(30_000))),
        rates_are_overall: true,
        fees: vec![Fee {
            name: "technical_fee".to_owned(),
            taker: party(PartyKind::Platform),
            rate: rate(100_000),
            of: FeeOf::Gross,
        }],
        subsidies: vec![Subsidy {
            name: "subsidy".to_owned(),
            payer: party(PartyKind::Other),
            rate: rate(10_000),
            cap: Some(Minor(100_000)),
            share: Rate::ONE,
        }],
        settleable: Settleable::ReceivedPlusDays(15),
        window_seconds: 1_296_000,
        returns_without_order: false,
    }
}

fn pin() -> Box<Pin> {
    let terms = Terms {
        merchant: party(PartyKind::Brand),
        rounding: Rounding::HalfUp,
        base: BaseTerms {
            add_back: vec![Funder::Platform],
            kept_deposit: true,
        },
        content_fee: Some((party(PartyKind::Platform), rate(30_000))),
        fees: vec![FeeTerms {
            name: "technical_fee".to_owned(),
            taker: party(PartyKind::Platform),
            rate: rate(100_000),
            of: FeeOf::Remainder,
        }],
        subsidies: vec![SubsidyTerms {
            name: "subsidy".to_owned(),
            payer: party(PartyKind::Other),
            rate: rate(10_000),
            cap: Some(Minor(100)),
            share: Rate::ONE,
        }],
        chain: vec![
            Hop {
                party: party(PartyKind::Agency),
                keeps: Keeps::Share(rate(300_000)),
                membership: Some(MembershipId(id(1))),
                direct: true,
                formula: None,
            },
            Hop {
                party: party(PartyKind::Anchor),
                keeps: Keeps::PassesOn(rate(500_000)),
                membership: None,
                direct: false,
                formula: None,
            },
            Hop {
                party: party(PartyKind::Promoter),
                keeps: Keeps::All,
                membership: None,
                direct: false,
                formula: None,
            },
        ],
        settleable: Settleable::Fulfilment,
        as_reported: false,
    };
    Box::new(Pin {
        at: at(0),
        payable: Minor(19_900),
        attribution: Attribution {
            basis: Basis::Click,
            party: Some(party(PartyKind::Anchor)),
            click: Some(ClickId(id(2))),
            clicked_at: Some(at(-1)),
            scope: Some(Scope::SameShop),
        },
        dims: Dims {
            item: Some(ItemId(id(3))),
            shop: Some(ShopId(id(4))),
            category: Some("美妆".to_owned()),
            room: Some(ext("room")),
            show: Some(ext("show")),
            source: Some("fan_group".to_owned()),
            phase: Some("live".to_owned()),
            segment: Some("s1@3".to_owned()),
        },
        formula: FormulaId(id(5)),
        formula_version: 2,
        rule: Some(RuleChoice {
            rule: RuleId(id(6)),
            version: 3,
            level: 5,
            rate: RateTerms::Tiered(vec![(Minor(10_000), rate(100_000)), (Minor(9_900), rate(200_000))]),
            cap: Some(Minor(10_000)),
        }),
        why_nothing: Some("no_rule".to_owned()),
        lost: vec![Candidate {
            rule: RuleId(id(7)),
            version: 1,
            reason: Reason::LessSpecific,
        }],
        lost_more: BTreeMap::from([(Reason::NExhausted, 2)]),
        terms: Some(terms),
        reservation: Some(Reservation {
            rule: RuleId(id(6)),
            units: 2,
            gross: Minor(3_980),
            volume: Minor(19_900),
        }),
        brought_over: None,
    })
}

fn figures() -> Figures {
    Figures {
        estimated_base: Some(Minor(1)),
        settled_base: Some(Minor(2)),
        won_base: Some(Minor(3)),
        deducted_base: Some(Minor(4)),
    }
}

fn line_events() -> Vec<Event> {
    let case = || ext("case-1");
    let discounts = || {
        vec![Discount {
            funder: Funder::Anchor,
            kind: "coupon".to_owned(),
            amount: Minor(100),
        }]
    };
    let everything = [
        What::Created {
            payable: Some(Minor(19_900)),
            discounts: discounts(),
        },
        What::Deposit { amount: Minor(2_232) },
        What::Tail { amount: Minor(17_768) },
        What::Paid {
            amount: Minor(19_900),
            discounts: discounts(),
        },
        What::Received,
        What::Fulfilled { k: 2, n: 6 },
        What::Settled {
            base: Some(Minor(19_900)),
        },
        What::Closed {
            reason: Some("timeout".to_owned()),
        },
        What::DepositKept { amount: Minor(2_232) },
        What::RefundOpened { case: case() },
        What::RefundWon {
            case: case(),
            goods: Minor(4_975),
            freight: Minor(1_000),
            units: Some(1),
            deducted: true,
            manner: None,
        },
        What::RefundLost { case: case() },
        What::RefundDeducted { case: case() },
        What::Frozen { case: case() },
        What::Unfrozen { case: case() },
        What::Forfeited { case: case() },
        What::PriceCorrected {
            fact: ext("correction-1"),
            paid: Minor(9_000),
        },
        What::Illegible {
            fault: Illegibility::AmountForm,
            raw: "{\"amount\":\"1.0\"}".to_owned(),
        },
        What::Snapshot(Snapshot {
            created_at: Some(at(0)),
            paid_at: Some(at(1)),
            received_at: Some(at(2)),
            settled_at: Some(at(3)),
            closed_at: Some(at(4)),
            paid: Some(Minor(19_900)),
            settled_base: Some(Minor(19_800)),
            refunded: Some(Minor(100)),
        }),
    ];
    let mut events: Vec<Event> = everything.into_iter().map(fact).collect();
    events.push(fact(What::BroughtOver(Box::new(BroughtOver {
        cutover: CutoverId(id(17)),
        as_of: at(1_000),
        paid: Minor(19_900),
        refunded: Minor(4_975),
        payer: party(PartyKind::Brand),
        promoter: party(PartyKind::Anchor),
        rate: Some(rate(200_000)),
        fees: pin().terms.unwrap().fees,
        subsidies: pin().terms.unwrap().subsidies,
        takers: vec![Hop {
            party: party(PartyKind::Anchor),
            keeps: Keeps::Portion {
                part: Minor(1_200),
                of: Minor(1_800),
            },
            membership: None,
            direct: false,
            formula: None,
        }],
        settleable: Settleable::PlatformSettled,
    }))));
    events.push(fact(What::Withdrawn {
        identity: "order.paid".to_owned(),
        batch: ext("batch-1"),
    }));
    events.push(Event::Line(LineEvent::Reattributed(Box::new(Reattributed {
        click: ClickId(id(2)),
        outcome: Reattribution::Adjusted,
        pin: Some(pin()),
        figures: figures(),
        legs: legs(),
        accounting_at: Some(at(3)),
        timers: vec![at(600)],
    }))));
    events.push(Event::Line(LineEvent::Released(Box::new(Released {
        pin: pin(),
        figures: figures(),
        legs: legs(),
        accounting_at: Some(at(3)),
        timers: vec![at(600)],
    }))));
    events.push(Event::Line(LineEvent::TimerFired(Box::new(TimerOutcome {
        timer: TimerId(id(9)),
        due: at(600),
        lapsed: Some("settled_already".to_owned()),
        pin: Some(pin()),
        figures: figures(),
        legs: legs(),
        accounting_at: Some(at(600)),
        timers: vec![at(700)],
    }))));
    events
}

/// A fact with everything that a line may tell about itself.
fn fact(what: What) -> Event {
    Event::Line(LineEvent::Fact(Box::new(FactApplied {
        fact: LineFact {
            line: LineId(id(8)),
            platform: ext("taobao"),
            line_no: ext("90001"),
            at: at(5),
            currency: Some(Currency::CNY),
            about: About {
                order_no: Some(ext("9000")),
                buyer: Some(ext("buyer-1")),
                item_no: Some(ext("item-1")),
                shop_no: Some(ext("shop-1")),
                category: Some("美妆".to_owned()),
                quantity: Some(2),
                ordered_at: Some(at(0)),
                promoter: Some(party(PartyKind::Promoter)),
                room: Some(ext("room")),
                show: Some(ext("show")),
                ..About::default()
            },
            what,
            reported: None,
        },
        state: FactState::Applied,
        code: Some("refund_exceeds_remaining".to_owned()),
        remainder: Some(Minor(2_000)),
        pin: Some(pin()),
        figures: figures(),
        legs: legs(),
        accounting_at: Some(at(3)),
        timers: vec![at(600)],
    })))
}

fn book_events() -> Vec<Event> {
    [
        BookEvent::Opened(BookOpened {
            book: BookId(id(10)),
            name: "示例账套".parse().unwrap(),
            perspective: Perspective::Agency,
            mode: BookMode::Sandbox,
            zone: Zone::SHANGHAI,
            currencies: vec![Currency::CNY, "JPY".parse().unwrap()],
            click_logs: 2,
        }),
        BookEvent::OwnerNamed(OwnerNamed {
            owner: party(PartyKind::Agency),
        }),
        BookEvent::FormulaSet(FormulaSet {
            formula: FormulaId(id(5)),
            version: 2,
            effective_from: at(0),
            terms: formula(),
        }),
        BookEvent::PeriodCutOff(PeriodCutOff {
            period: "2026-06".parse().unwrap(),
        }),
        BookEvent::ClockMoved(ClockMoved { to: at(9) }),
        BookEvent::TimerLapsed(TimerLapsed {
            timer: TimerId(id(9)),
            code: "internal_refused".to_owned(),
        }),
        BookEvent::Repaired(LogRepaired {
            before: "00".repeat(32),
            after: "ff".repeat(32),
        }),
        BookEvent::CutOver(CutOver {
            cutover: CutoverId(id(17)),
            at: at(0),
            platform: Some(ext("taobao")),
            account: Some(ext("account-1")),
        }),
    ]
    .into_iter()
    .map(Event::Book)
    .collect()
}

fn party_events() -> Vec<Event> {
    let (member, upper, membership) = (party(PartyKind::Anchor), party(PartyKind::Agency), MembershipId(id(1)));
    [
        PartyEvent::Registered(PartyRegistered {
            party: member,
            external_id: Some(ext("A-1")),
            name: "主播一".parse().unwrap(),
        }),
        PartyEvent::Renamed(PartyRenamed {
            name: "主播二".parse().unwrap(),
        }),
        PartyEvent::MembershipSigned(MembershipSigned {
            membership,
            member,
            upper,
            scope: ContractScope::Cps,
            share: Share::UpperKeeps(rate(300_000)),
            receiver: Receiver::Each,
            guarantee: None,
            from: at(0),
            to: Some(at(1_000)),
        }),
        PartyEvent::MembershipAmended(MembershipAmended {
            membership,
            member,
            share: Share::UpperPasses(rate(600_000)),
            receiver: Receiver::Book,
            guarantee: None,
            from: at(500),
        }),
        PartyEvent::MembershipEnded(MembershipEnded {
            membership,
            member,
            at: at(900),
        }),
    ]
    .into_iter()
    .map(Event::Party)
    .collect()
}

fn rule_events() -> Vec<Event> {
    let (rule, anchor) = (RuleId(id(6)), party(PartyKind::Anchor));
    let mut events: Vec<Event> = [
        ShelfEvent::Posted(RulePosted {
            rule,
            external_id: Some(ext("R-1")),
            brand: party(PartyKind::Brand),
            kind: PlanKind::FirstN,
            scope: RuleScope::Category(ShopId(id(4)), "美妆".to_owned()),
            currency: Currency::CNY,
            effective_from: at(0),
            terms: terms(),
        }),
        ShelfEvent::Changed(RuleChanged {
            rule,
            version: 2,
            effective_from: at(60),
            terms: terms(),
        }),
        ShelfEvent::Ended(RuleEnded { rule, at: at(240) }),
        ShelfEvent::Applied(SubjectApplied { rule, party: anchor }),
        ShelfEvent::Decided(SubjectDecided {
            rule,
            party: anchor,
            approved: true,
            from: at(30),
        }),
    ]
    .into_iter()
    .map(Event::Shelf)
    .collect();
    events.extend(shares::events());
    events.push(Event::Usage(UsageEvent {
        usage: UsageId(id(11)),
        rule,
        line: LineId(id(8)),
        units: 3,
        gross: Minor(5_970),
        volume: Minor(29_850),
    }));
    events
}

fn opening() -> Opening {
    Opening {
        reason: "五月台账".to_owned(),
        balances: vec![OpeningBalance {
            account: Account::of(party(PartyKind::Anchor), AccountKind::Advance),
            entity: Some(ext("company-1")),
            currency: Currency::CNY,
            amount: Minor(-50_000),
        }],
        payees: vec![PayeeYear {
            party: party(PartyKind::Anchor),
            entity: Some(ext("company-1")),
            year: 2026,
            currency: Currency::CNY,
            income: Minor(1_000_000),
            tax: Minor(200_000),
        }],
        lines: Some(LinesNamed {
            sha256: "00".repeat(32),
            lines: 3,
        }),
    }
}

fn other_events() -> Vec<Event> {
    let ended = || ApprovalEnded {
        by: PersonId(id(12)),
        on_behalf_of: None,
        remark: Some("同意".to_owned()),
    };
    let posted = AdjustmentPosted {
        adjustment: AdjustmentId(id(13)),
        at: at(0),
        reason: "补差".to_owned(),
        legs: legs(),
        purpose: None,
        files: Vec::new(),
    };
    let command = Pending::Adjust {
        at: at(0),
        reason: "补差".to_owned(),
        legs: legs(),
        purpose: None,
        files: Vec::new(),
    };
    let key = KeyId(id(14));
    vec![
        Event::Item(ItemListed {
            item: ItemId(id(3)),
            platform: ext("taobao"),
            item_no: ext("item-1"),
            title: Some("面膜".parse().unwrap()),
            shop: ShopId(id(4)),
            category: Some("美妆".to_owned()),
            from: at(0),
        }),
        Event::Shop(ShopRegistered {
            shop: ShopId(id(4)),
            platform: ext("taobao"),
            shop_no: ext("shop-1"),
            name: "旗舰店".parse().unwrap(),
            brand: party(PartyKind::Brand),
        }),
        Event::Approval(ApprovalEvent::Requested(Box::new(ApprovalRequested {
            approval: ApprovalId(id(15)),
            maker: PersonId(id(16)),
            command,
            requirement: None,
        }))),
        Event::Approval(ApprovalEvent::Approved(ended())),
        Event::Approval(ApprovalEvent::Refused(ended())),
        Event::Approval(ApprovalEvent::Withdrawn(ended())),
        Event::Adjustment(posted),
        Event::Cutover(CutoverEvent::Opened(Box::new(OpeningPosted {
            cutover: CutoverId(id(17)),
            number: 1,
            at: at(0),
            opening: opening(),
            legs: legs(),
        }))),
        Event::Cutover(CutoverEvent::Reversed(OpeningReversed {
            cutover: CutoverId(id(17)),
            number: 1,
            at: at(0),
            reason: "重复".to_owned(),
            legs: legs(),
        })),
        Event::Person(PersonEvent::KeyIssued(KeyIssued {
            key,
            person: PersonId(id(12)),
            label: "财务".parse().unwrap(),
            role: Role::Finance,
            party: Some(party(PartyKind::Brand)),
            expires_at: Some(at(10_000)),
        })),
        Event::Person(PersonEvent::KeyRevoked(KeyRevoked { key })),
        Event::Click(Click {
            source: ext("taobao"),
            click_no: Some(ext("click-1")),
            at: at(-1),
            buyer: ext("buyer-1"),
            promoter: party(PartyKind::Anchor),
            platform: ext("taobao"),
            item_no: Some(ext("item-1")),
            shop_no: Some(ext("shop-1")),
            room: Some(ext("room")),
            show: Some(ext("show")),
            slot: Some(ext("slot-3")),
            traffic: Some("off_site".to_owned()),
            off_site: Some("weibo".to_owned()),
            campaign: Some(ext("618")),
            phase: Some("live".to_owned()),
            trigger: Some("gesture".to_owned()),
            format: Some("vr".to_owned()),
            segment: Some("s1@3".to_owned()),
        }),
        Event::Import(ImportEvent::Committed(ImportCommitted {
            import: ImportId(id(14)),
            file: "ab".repeat(32),
            mapping: "tmall-report".to_owned(),
            mapping_sha256: "cd".repeat(32),
            attempt: 2,
            rows: 28_010,
            rejected: 1,
        })),
        Event::Import(ImportEvent::ReversalBegun(ImportReversal {
            import: ImportId(id(14)),
            file: "ab".repeat(32),
            months: vec!["2026-05".parse().unwrap(), "2026-06".parse().unwrap()],
        })),
        Event::Import(ImportEvent::Reversed(ImportReversed {
            import: ImportId(id(14)),
            withdrawn: 57_743,
            kept: 12,
        })),
        Event::Resolution(ParkedResolved {
            resolution: ResolutionId(id(15)),
            how: Resolution::Corrected,
            reason: Some("金额写错".to_owned()),
            positions: vec![9_007_199_254_740_993],
            told: vec![9_007_199_254_740_995, 9_007_199_254_740_996],
        }),
    ]
}

fn all_kinds() -> Vec<&'static str> {
    let vtask = [
        fenzhang::domain::brief::What::KINDS,
        fenzhang::domain::contract::What::KINDS,
        fenzhang::domain::purchase::What::KINDS,
        fenzhang::domain::sample::What::KINDS,
    ];
    let each = KINDS
        .iter()
        .chain(What::KINDS.iter())
        .chain(vtask.into_iter().flatten());
    each.copied().collect()
}

fn written_today() -> Vec<Event> {
    [
        vtask::events(),
        offers::events(),
        sourcing::events(),
        pool::events(),
        line_events(),
        book_events(),
        party_events(),
        rule_events(),
        other_events(),
        returns::events(),
        places::entity_events(),
        places::placement_events(),
        settlement::events(),
        desk::events(),
        recon::events(),
        matching::events(),
    ]
    .concat()
}

/// Further forms of a kind: fields that came later are absent in its first file, which still decodes.
fn further_forms() -> Vec<(&'static str, Event)> {
    let named = |name: &str, fen| NamedAmount {
        name: name.to_owned(),
        amount: Minor(fen),
    };
    let track = |base, gross| Track {
        base: Some(Minor(base)),
        rate: Some(rate(200_000)),
        gross: Minor(gross),
        content_fee: Some(Minor(300)),
        fees: vec![named("technical_fee", 398)],
        subsidies: vec![named("subsidy", 50)],
    };
    let Event::Line(LineEvent::Fact(mut told)) = fact(What::Snapshot(Snapshot::default())) else {
        panic!("a fact");
    };
    told.fact.about = About {
        account: Some(ext("account-1")),
        pid: Some(ext("mm_1_2_3")),
        nick: Some(ext("nick")),
        purpose: Some(Purpose::Gift),
        ..About::default()
    };
    told.fact.reported = Some(Box::new(Reported {
        view: View::Sharer,
        estimated: Some(track(19_900, 3_980)),
        settled: Some(track(19_800, 3_960)),
    }));
    if let Some(pin) = &mut told.pin {
        pin.attribution.basis = Basis::Placement;
        pin.rule = None;
        if let Some(terms) = &mut pin.terms {
            terms.as_reported = true;
        }
    }
    let refund = What::RefundWon {
        case: ext("case-1"),
        goods: Minor(4_975),
        freight: Minor::ZERO,
        units: None,
        deducted: false,
        manner: Some(Manner::PriceProtection),
    };
    let Event::Line(LineEvent::Fact(mut brought)) = fact(What::Received) else {
        panic!("a fact");
    };
    if let Some(pin) = &mut brought.pin {
        pin.brought_over = Some(Agreed {
            cutover: CutoverId(id(17)),
            rate: Some(rate(200_000)),
        });
    }
    let requested = |command| {
        Event::Approval(ApprovalEvent::Requested(Box::new(ApprovalRequested {
            approval: ApprovalId(id(15)),
            maker: PersonId(id(16)),
            command,
            requirement: None,
        })))
    };
    let scope = CutoverScope {
        at: at(0),
        platform: Some(ext("taobao")),
        account: Some(ext("account-1")),
    };
    let mut further = vec![
        ("reported", Event::Line(LineEvent::Fact(told))),
        ("brought_over", Event::Line(LineEvent::Fact(brought))),
        (
            "open_balances",
            requested(Pending::OpenBalances {
                cutover: None,
                scope: Some(scope),
                opening: Box::new(opening()),
            }),
        ),
        (
            "reverse_opening",
            requested(Pending::ReverseOpening {
                cutover: CutoverId(id(17)),
                number: 1,
                reason: "重复".to_owned(),
            }),
        ),
        ("manner", fact(refund)),
        ("matched", returns::matched()),
        ("approve_run", requested(settlement::approve_run())),
        ("suspended", settlement::suspended()),
        ("issue_sheet", requested(settlement::issue_sheet())),
        (
            "purpose",
            Event::Adjustment(AdjustmentPosted {
                adjustment: AdjustmentId(id(13)),
                at: at(0),
                reason: "V任务".to_owned(),
                legs: legs(),
                purpose: Some(AdjustmentPurpose::Contract),
                files: Vec::new(),
            }),
        ),
    ];
    further.extend(shares::forms());
    further.extend(desk::forms());
    further.extend(vtask::forms());
    further.extend(offers::forms());
    further.extend(settlement::later());
    further
}

#[test]
fn every_kind_is_written_as_its_golden_file_says() {
    let bless = std::env::var_os("FENZHANG_BLESS").is_some();
    let mut wrong = Vec::new();
    let first = written_today().into_iter().map(|event| (String::new(), event));
    let further = further_forms()
        .into_iter()
        .map(|(form, event)| (format!(".{form}"), event));
    for (form, event) in first.chain(further) {
        let path = folder().join(format!("{}.v{}{form}.json", event.kind(), event.schema()));
        let payload = format!("{}\n", event.payload().unwrap());
        if bless {
            std::fs::write(&path, &payload).unwrap();
        } else if std::fs::read_to_string(&path).ok().as_ref() != Some(&payload) {
            wrong.push(format!("{}:\n{payload}", path.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "not as written before; a changed event is a new version:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_kind_has_a_golden_file() {
    let kinds: Vec<&str> = all_kinds();
    for kind in &kinds {
        assert!(
            folder().join(format!("{kind}.v1.json")).exists(),
            "{kind} has no golden file"
        );
    }
    let mut written: Vec<&str> = written_today().iter().map(Event::kind).collect();
    let mut known = kinds;
    written.sort_unstable();
    known.sort_unstable();
    assert_eq!(written, known, "each kind is written exactly once here");
}

#[test]
fn every_golden_file_decodes_and_encodes_to_its_own_bytes() {
    let mut seen = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (kind, schema) = name
            .strip_suffix(".json")
            .and_then(|name| name.rsplit_once(".v"))
            .unwrap();
        let schema = schema.split('.').next().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let event = Event::decode(kind, schema.parse().unwrap(), text.trim_end())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(event.kind(), kind);
        if event.schema().to_string() == schema {
            assert_eq!(event.payload().unwrap(), text.trim_end(), "{name}");
        }
        seen += 1;
    }
    assert!(seen >= all_kinds().len());
}

#[test]
fn a_golden_file_whose_field_was_renamed_is_refused() {
    let path = folder().join("order.paid.v1.json");
    let broken = std::fs::read_to_string(path)
        .unwrap()
        .replace("\"line_no\"", "\"line_number\"");
    assert!(Event::decode("order.paid", 1, broken.trim_end()).is_err());
}
