//! Golden forms of reconciliations and disputes.
//! It must never lose an event: what was once written stays readable.

use fenzhang::base::*;
use fenzhang::domain::dispute::{DisputeAnswered, DisputeEvent, DisputeOpened, DisputeVerdict};
use fenzhang::domain::event::Event;
use fenzhang::domain::recon::{
    BreakClass, BreakResolved, BreaksResolved, Cause, How, Proposal, ReconEvent, ReconciliationRun,
};
use fenzhang::money::{Currency, Minor};

use super::{at, ext, id, party};

/// One of each.
pub fn events() -> Vec<Event> {
    let reconciliation = ReconciliationId(id(31));
    let (line, anchor) = (LineId(id(8)), party(PartyKind::Anchor));
    let dispute = DisputeId(id(34));
    vec![
        Event::Recon(ReconEvent::Run(Box::new(ReconciliationRun {
            reconciliation,
            run: 2,
            file: "00".repeat(32),
            mapping: "generic-statement".to_owned(),
            mapping_sha256: "11".repeat(32),
            platform: ext("taobao"),
            period: "2026-06".parse().unwrap(),
            account: Some(ext("1")),
            shop: Some(ext("shop-1")),
            rows: 1_000,
            rejected: 1,
            matched: 980,
            breaks: [(BreakClass::B01, 3), (BreakClass::B12, 16)].into(),
            content: "22".repeat(32),
            position: 9_007_199_254_740_993,
        }))),
        Event::Recon(ReconEvent::Resolved(BreaksResolved {
            reconciliation,
            how: How::Accepted,
            by: Some(PersonId(id(12))),
            reason: Some("已核对".to_owned()),
            breaks: vec![BreakResolved {
                id: BreakId(id(35)),
                number: 7,
                class: BreakClass::B06,
                cause: Cause::FeeDiffers,
                proposal: Proposal::Adjust,
                difference: Some(Minor(-37)),
                currency: Some(Currency::CNY),
                until: Some(at(60)),
                told: vec![9_007_199_254_740_994],
                approval: Some(ApprovalId(id(15))),
            }],
        })),
        Event::Dispute(DisputeEvent::Opened(DisputeOpened {
            dispute,
            number: 1,
            line,
            party: anchor,
            reason: "点击在先".to_owned(),
            due: at(21_600),
            evidence_position: 41,
            evidence_sha256: "33".repeat(32),
        })),
        Event::Dispute(DisputeEvent::Answered(DisputeAnswered {
            dispute,
            number: 1,
            verdict: DisputeVerdict::Upheld,
            reason: "属实".to_owned(),
            by: Some(PersonId(id(12))),
            correction: Some(ApprovalId(id(15))),
        })),
    ]
}
