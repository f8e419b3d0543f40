//! Golden events of the money desk: payments, freezes, receipts, policies, substitutes, and the fields that approvals and
//! adjustments got with them.
//! It must never change a figure: what is here was written once.

use fenzhang::base::*;
use fenzhang::domain::adjustment::{AdjustmentPosted, AdjustmentPurpose, WriteOffTerms};
use fenzhang::domain::approval::{ApprovalAgreed, ApprovalEnded, ApprovalEvent, ApprovalRequested};
use fenzhang::domain::command::Pending;
use fenzhang::domain::event::Event;
use fenzhang::domain::freeze::{
    ForfeitTerms, FreezeEvent, FreezeForfeited, FreezeLifted, FreezePlaced, FreezeTerms, UnfreezeTerms,
};
use fenzhang::domain::party::{PartyEvent, PartyResumed, PartyScripted, PartySuspended, Script};
use fenzhang::domain::payment::{Channel, PaymentEvent, PaymentRecorded, PaymentReturned, PaymentTerms, ReturnTerms};
use fenzhang::domain::person::{PersonEvent, PersonSubstituted, Role};
use fenzhang::domain::policy::{PendingKind, PolicySet, PolicyTerms, Requirement, Step};
use fenzhang::domain::receipt::{
    Allocation, ReceiptEvent, ReceiptFact, ReceiptMatched, ReceiptParked, ReceiptRecorded, ReceiptUnmatched,
    ReceiptWithdrawn,
};
use fenzhang::ledger::{Account, AccountKind, Hold};
use fenzhang::money::{Currency, Minor};

use super::{at, ext, id, legs, party};

fn file() -> FileId {
    "ab".repeat(32).parse().unwrap()
}

fn payment() -> PaymentTerms {
    PaymentTerms {
        party: party(PartyKind::Anchor),
        currency: Currency::CNY,
        amount: Minor(80_000),
        channel: Channel::Bank,
        reference: ext("20260618-1"),
        paid_on: "2026-06-18".parse().unwrap(),
        vouchers: vec![file()],
        note: Some("五月佣金".to_owned()),
        as_advance: true,
    }
}

fn returned() -> ReturnTerms {
    ReturnTerms {
        payment: PaymentId(id(20)),
        returned_on: "2026-06-20".parse().unwrap(),
        reason: "账号有误".to_owned(),
        reference: Some(ext("20260620-9")),
        files: vec![file()],
    }
}

fn hold(lifted: i64, forfeited: i64) -> Hold {
    Hold {
        id: HoldId(id(21)),
        source: Account::of(party(PartyKind::Anchor), AccountKind::Available),
        held_in: Account::of(party(PartyKind::Anchor), AccountKind::Frozen),
        currency: Currency::CNY,
        held: Minor(10_000),
        released: Minor(forfeited),
        voided: Minor(lifted),
    }
}

fn policy() -> PolicySet {
    PolicySet {
        policy: PolicyId(id(22)),
        version: 2,
        kind: PendingKind::Pay,
        currency: Some(Currency::CNY),
        steps: steps(),
        effective_from: at(0),
    }
}

fn steps() -> Vec<Step> {
    let step = |from, approvers, roles| Step {
        from: Minor(from),
        approvers,
        roles,
    };
    vec![step(0, 1, Vec::new()), step(10_000_000, 2, vec![Role::Owner])]
}

fn fact() -> ReceiptFact {
    ReceiptFact {
        receipt: ReceiptId(id(23)),
        source: ext("bank"),
        flow_no: ext("F-1"),
        at: at(3),
        currency: Currency::CNY,
        amount: Minor(100_000),
        account: Some(ext("6222-1")),
        payer: Some("某品牌有限公司".to_owned()),
        tag: Some("货款".to_owned()),
        memo: Some("五月佣金".to_owned()),
    }
}

fn bills() -> Vec<Allocation> {
    let month: Month = "2026-05".parse().unwrap();
    vec![
        Allocation {
            account: Account::of(party(PartyKind::Brand), AccountKind::Commission),
            period: Some(month),
            amount: Minor(90_000),
        },
        Allocation {
            account: Account::book(AccountKind::Cash),
            period: None,
            amount: Minor(10_000),
        },
    ]
}

/// One event of each kind.
pub fn events() -> Vec<Event> {
    let (currency, reason) = (Currency::CNY, || "刷单".to_owned());
    vec![
        Event::Party(PartyEvent::Suspended(PartySuspended { reason: reason() })),
        Event::Party(PartyEvent::Scripted(PartyScripted {
            script: Some(Script::Steady),
        })),
        Event::Party(PartyEvent::Resumed(PartyResumed { reason: reason() })),
        Event::Person(PersonEvent::Substituted(PersonSubstituted {
            by: PersonId(id(16)),
            from: at(0),
            to: at(10_000),
        })),
        Event::Approval(ApprovalEvent::Agreed(ApprovalAgreed {
            by: PersonId(id(12)),
            on_behalf_of: Some(PersonId(id(24))),
            remark: Some("同意".to_owned()),
        })),
        Event::Policy(policy()),
        Event::Payment(PaymentEvent::Recorded(Box::new(PaymentRecorded {
            payment: PaymentId(id(20)),
            terms: payment(),
            at: at(0),
            from_available: Minor(50_000),
            advance: Minor(30_000),
        }))),
        Event::Payment(PaymentEvent::Returned(PaymentReturned {
            terms: returned(),
            party: party(PartyKind::Anchor),
            currency,
            at: at(2_880),
            to_available: Minor(50_000),
            advance: Minor(30_000),
        })),
        Event::Freeze(FreezeEvent::Placed(Box::new(FreezePlaced {
            freeze: FreezeId(id(21)),
            party: party(PartyKind::Anchor),
            hold: hold(0, 0),
            at: at(0),
            reason: reason(),
            files: vec![file()],
        }))),
        Event::Freeze(FreezeEvent::Lifted(FreezeLifted {
            amount: Minor(4_000),
            hold: hold(4_000, 0),
            at: at(1),
            reason: reason(),
        })),
        Event::Freeze(FreezeEvent::Forfeited(Box::new(FreezeForfeited {
            amount: Minor(6_000),
            to: Account::book(AccountKind::Income),
            hold: hold(4_000, 6_000),
            at: at(2),
            reason: reason(),
            files: vec![file()],
        }))),
        Event::Receipt(ReceiptEvent::Recorded(Box::new(ReceiptRecorded { fact: fact() }))),
        Event::Receipt(ReceiptEvent::Parked(Box::new(ReceiptParked {
            fact: fact(),
            code: "receipt_conflict".to_owned(),
        }))),
        Event::Receipt(ReceiptEvent::Matched(ReceiptMatched {
            at: at(3),
            currency,
            bills: bills(),
        })),
        Event::Receipt(ReceiptEvent::Unmatched(ReceiptUnmatched {
            at: at(3),
            currency,
            bills: bills(),
            reason: "错配".to_owned(),
        })),
        Event::Receipt(ReceiptEvent::Withdrawn(ReceiptWithdrawn {
            at: at(3),
            currency,
            amount: Minor(100_000),
            bills: bills(),
            batch: ext("imp_00000000000000000000000000000001"),
        })),
    ]
}

/// Every pending command of the desk, and the fields that came later.
pub fn forms() -> Vec<(&'static str, Event)> {
    let requested = |command| {
        Event::Approval(ApprovalEvent::Requested(Box::new(ApprovalRequested {
            approval: ApprovalId(id(15)),
            maker: PersonId(id(16)),
            command,
            requirement: Some(Requirement {
                approvers: 2,
                roles: vec![Role::Owner],
                policy_version: 2,
            }),
        })))
    };
    let (party, currency, reason) = (party(PartyKind::Anchor), Currency::CNY, || "刷单".to_owned());
    let (freeze, amount) = (FreezeId(id(21)), Minor(6_000));
    let write_off = WriteOffTerms {
        party,
        currency,
        amount,
        reason: reason(),
        files: vec![file()],
    };
    vec![
        ("pay", requested(Pending::Pay(payment()))),
        ("return_payment", requested(Pending::ReturnPayment(returned()))),
        ("write_off", requested(Pending::WriteOff(write_off))),
        (
            "freeze",
            requested(Pending::Freeze(FreezeTerms {
                party,
                currency,
                amount,
                reason: reason(),
                files: vec![file()],
            })),
        ),
        (
            "unfreeze",
            requested(Pending::Unfreeze(UnfreezeTerms {
                freeze,
                amount,
                currency,
                reason: reason(),
            })),
        ),
        (
            "forfeit",
            requested(Pending::Forfeit(ForfeitTerms {
                freeze,
                amount,
                currency,
                to: Some(party),
                reason: reason(),
                files: vec![file()],
            })),
        ),
        (
            "resume",
            requested(Pending::Resume {
                party,
                reason: reason(),
            }),
        ),
        (
            "set_policy",
            requested(Pending::SetPolicy(PolicyTerms {
                kind: PendingKind::Pay,
                currency: Some(currency),
                steps: steps(),
                effective_from: Some(at(0)),
            })),
        ),
        (
            "on_behalf_of",
            Event::Approval(ApprovalEvent::Approved(ApprovalEnded {
                by: PersonId(id(12)),
                on_behalf_of: Some(PersonId(id(24))),
                remark: None,
            })),
        ),
        (
            "write_off",
            Event::Adjustment(AdjustmentPosted {
                adjustment: AdjustmentId(id(13)),
                at: at(0),
                reason: reason(),
                legs: legs(),
                purpose: Some(AdjustmentPurpose::WriteOff),
                files: vec![file()],
            }),
        ),
    ]
}
