//! Golden events of settlements: runs, sheets, closing entries, terms.
//! It must never leave a field of a first form empty that has a value in practice.

use fenzhang::base::*;
use fenzhang::domain::book::{BookEvent, PeriodReopened};
use fenzhang::domain::command::Pending;
use fenzhang::domain::event::Event;
use fenzhang::domain::settlement::*;
use fenzhang::domain::share::{Guarantee, GuaranteeMode};
use fenzhang::ledger::AccountKind;
use fenzhang::money::{Currency, Minor};

use super::{at, id, legs, party, rate};

fn run() -> RunId {
    RunId(id(30))
}

fn sheet() -> SheetId {
    SheetId(id(31))
}

fn month() -> Month {
    "2026-05".parse().unwrap()
}

pub fn guarantee() -> Guarantee {
    Guarantee {
        currency: Currency::CNY,
        amount: Minor(800_000),
        mode: GuaranteeMode::Advance,
        floor: true,
    }
}

fn drafted() -> Sheet {
    Sheet {
        sheet: sheet(),
        run: run(),
        period: month(),
        party: party(PartyKind::Anchor),
        currency: Currency::CNY,
        account: AccountKind::Available,
        opening: Minor(-12_000),
        parts: [(Part::Settled, Minor(10_000)), (Part::Clawbacks, Minor(-500))].into(),
        closing: Minor(-2_500),
        payable: Minor(0),
        carried: Minor(-2_500),
        suspended: None,
        negative_since: Some("2026-04".parse().unwrap()),
        others: vec![Other {
            account: AccountKind::Held,
            opening: Minor(0),
            closing: Minor(1_000),
        }],
        under: vec![UnderTerms {
            membership: MembershipId(id(1)),
            from: at(0),
            upper: party(PartyKind::Agency),
            lines: 2,
            amount: Minor(9_500),
        }],
        lines: 3,
        lines_sha256: "ab".repeat(32),
        unreceived: Minor::ZERO,
        advanced: Minor::ZERO,
        estimated: None,
    }
}

fn runs() -> Vec<RunEvent> {
    let sum = RunSum {
        currency: Currency::CNY,
        sheets: 2,
        payable: Minor(5_000),
        carried: Minor(-2_500),
    };
    let digest = "cd".repeat(32);
    vec![
        RunEvent::Started(RunStarted {
            run: run(),
            period: month(),
            number: 2,
            position: 100,
            exit: None,
        }),
        RunEvent::Reckoned(RunReckoned {
            run: run(),
            position: 120,
        }),
        RunEvent::Drafted(RunDrafted {
            run: run(),
            sheets: 2,
            sums: vec![sum],
            digest: digest.clone(),
        }),
        RunEvent::Waits(RunWaits {
            run: run(),
            contested: vec![sheet()],
            held_back: vec![SheetId(id(32))],
        }),
        RunEvent::Approved(RunApproved {
            run: run(),
            digest: digest.clone(),
            by: PersonId(id(12)),
        }),
        RunEvent::Issued(RunIssued {
            run: run(),
            digest,
            held_back: vec![SheetId(id(32))],
            pay_by: None,
        }),
        RunEvent::Locked(RunLocked { run: run() }),
        RunEvent::Dropped(RunDropped {
            run: run(),
            reason: "漏单".to_owned(),
        }),
    ]
}

fn sheets() -> Vec<SheetEvent> {
    vec![
        SheetEvent::Drafted(Box::new(drafted())),
        SheetEvent::Delivered(SheetDelivered {
            how: "email".to_owned(),
            proof: Some("msg-1".to_owned()),
            silence_at: Some(at(10)),
        }),
        SheetEvent::Confirmed(SheetConfirmed {
            by: Some(party(PartyKind::Anchor)),
            remark: Some("无误".to_owned()),
        }),
        SheetEvent::Contested(SheetContested {
            by: Some(party(PartyKind::Anchor)),
            reason: "少一单".to_owned(),
            lines: vec![LineId(id(8))],
        }),
        SheetEvent::Answered(SheetAnswered {
            answer: "已补".to_owned(),
            upheld: true,
            held_back: false,
        }),
        SheetEvent::HeldBack(SheetHeldBack { held_back: true }),
        SheetEvent::DeemedConfirmed(SheetDeemedConfirmed {
            timer: TimerId(id(9)),
            due: at(10),
            lapsed: true,
        }),
        SheetEvent::Issued(SheetIssued {
            sha256: "ab".repeat(32),
            by: PersonId(id(12)),
            pay_by: Some(day()),
        }),
    ]
}

fn reserve(amount: i64) -> Box<ReserveMoved> {
    Box::new(ReserveMoved {
        closing: ClosingId(id(33)),
        run: run(),
        party: party(PartyKind::Anchor),
        currency: Currency::CNY,
        period: month(),
        earned: Minor(10_000),
        rate: rate(100_000),
        amount: Minor(amount),
        holds: vec![Hold {
            month: month(),
            held: Minor(1_000),
            released: Minor(0),
        }],
        at: at(9),
        legs: legs(),
    })
}

fn entries() -> Vec<ClosingEvent> {
    let settled = GuaranteeSettled {
        closing: ClosingId(id(34)),
        run: run(),
        membership: MembershipId(id(1)),
        member: party(PartyKind::Anchor),
        upper: party(PartyKind::Agency),
        currency: Currency::CNY,
        period: month(),
        guarantee: Some(guarantee()),
        earned: Minor(640_000),
        open_before: Minor(0),
        topped_up: Minor(0),
        advanced: Minor(160_000),
        recovered: Minor(0),
        open: Minor(160_000),
        at: at(9),
        legs: legs(),
    };
    vec![
        ClosingEvent::Guarantee(Box::new(settled)),
        ClosingEvent::Held(reserve(1_000)),
        ClosingEvent::Released(reserve(500)),
    ]
}

pub fn events() -> Vec<Event> {
    let terms = SettlementTerms {
        minimum_payouts: vec![(Currency::CNY, Minor(1_000))],
        reserve_rate: rate(100_000),
        reserve_days: 30,
        confirm_days: 3,
        silence_confirms: true,
        confirm_before_issue: true,
        true_up_months: 4,
        ..SettlementTerms::default()
    };
    let calendar = CalendarSet {
        year: 2026,
        rest: vec![6, 7],
        days: vec![CalendarDay {
            on: day(),
            working: true,
            name: Some("调休".to_owned()),
        }],
    };
    let mut events = vec![
        Event::Book(BookEvent::CalendarSet(calendar)),
        Event::Book(BookEvent::PeriodReopened(PeriodReopened { period: month() })),
        Event::Book(BookEvent::SettlementTermsSet(SettlementTermsSet {
            from: month(),
            terms,
        })),
    ];
    events.extend(runs().into_iter().map(Event::Run));
    events.extend(sheets().into_iter().map(Event::Sheet));
    events.extend(entries().into_iter().map(Event::Closing));
    events
}

/// A sheet of a party that is not to be paid.
pub fn suspended() -> Event {
    let sheet = Sheet {
        suspended: Some("身份待核实".to_owned()),
        ..drafted()
    };
    Event::Sheet(SheetEvent::Drafted(Box::new(sheet)))
}

fn day() -> chrono::NaiveDate {
    "2026-06-28".parse().unwrap()
}

/// Later forms: exits, days of payment, receipts.
pub fn later() -> Vec<(&'static str, Event)> {
    let started = RunStarted {
        run: run(),
        period: month(),
        number: 1,
        position: 100,
        exit: Some(Exit {
            party: party(PartyKind::Anchor),
            reason: "合约到期".to_owned(),
        }),
    };
    let issued = RunIssued {
        run: run(),
        digest: "cd".repeat(32),
        held_back: Vec::new(),
        pay_by: Some(day()),
    };
    let answered = SheetAnswered {
        answer: "无误".to_owned(),
        upheld: false,
        held_back: true,
    };
    let terms = SettlementTerms {
        business_days: true,
        pay_days: Some(5),
        payable_on: Some(PayableOn::Receipt),
        exceptions: vec![(party(PartyKind::Anchor), PayableOn::Settlement)],
        ..SettlementTerms::default()
    };
    let sheet = Sheet {
        unreceived: Minor(1_000),
        advanced: Minor(500),
        estimated: Some(Minor(700)),
        ..drafted()
    };
    vec![
        ("exit", Event::Run(RunEvent::Started(started))),
        ("pay_by", Event::Run(RunEvent::Issued(issued))),
        ("held_back", Event::Sheet(SheetEvent::Answered(answered))),
        (
            "receipts",
            Event::Book(BookEvent::SettlementTermsSet(SettlementTermsSet {
                from: month(),
                terms,
            })),
        ),
        ("unreceived", Event::Sheet(SheetEvent::Drafted(Box::new(sheet)))),
    ]
}

/// What a later issue of a sheet asks.
pub fn issue_sheet() -> Pending {
    Pending::IssueSheet {
        sheet: sheet(),
        sha256: "ab".repeat(32),
    }
}

/// What an approval of a run asks.
pub fn approve_run() -> Pending {
    Pending::ApproveRun {
        run: run(),
        digest: "cd".repeat(32),
    }
}
