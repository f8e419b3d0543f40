//! Decisions of a submission.
//! It must never reach outside the slice.

use super::decide::{decide, make};
use super::*;
use crate::base::{BookId, ItemId, PartyId, PartyKind, SubmissionId};
use crate::domain::pool::Target;
use crate::money::{Currency, Minor, Rate};

fn made() -> SubmissionMade {
    let book = BookId(uuid::Uuid::nil());
    SubmissionMade {
        submission: SubmissionId(uuid::Uuid::nil()),
        external_id: None,
        by: PartyId::of(book, PartyKind::Brand, "B"),
        anchor: PartyId::of(book, PartyKind::Anchor, "A"),
        target: Target::Item(ItemId::of(book, "taobao", "1")),
        terms: SubmissionTerms {
            title: "防晒".parse().unwrap(),
            category: Some("美妆".to_owned()),
            show_at: "2026-06-18T20:00:00+08:00".parse().unwrap(),
            show: None,
            currency: Currency::CNY,
            daily_price: Minor(12_900),
            live_price: Minor(9_990),
            gifts: vec!["旅行装".to_owned()],
            commission: Rate::from_ppm(250_000).unwrap(),
            slot_fee: Minor(500_000),
            stock: 1_000,
            ships_within: Some(48),
            protection_days: Some(15),
            exclusive_days: Some(7),
            qualifications: Vec::new(),
            link: None,
            points: None,
        },
    }
}

fn fold(events: &[SubmissionEvent]) -> SubmissionState {
    let mut state = SubmissionState::default();
    events.iter().for_each(|event| state.evolve(event));
    state
}

fn review(verdict: Verdict, reason: Option<&str>) -> Ask {
    Ask::Review {
        verdict,
        reason: reason.map(str::to_owned),
        despite: Vec::new(),
    }
}

fn ask(events: &[SubmissionEvent], ask: &Ask, by: By) -> Result<SubmissionEvent, &'static str> {
    decide(&fold(events), made().submission, ask, by).map_err(|refusal| refusal.code)
}

#[test]
fn a_submission_is_reviewed_by_the_other_side_placed_and_closed() {
    let mut events = vec![make(None, made()).unwrap()];
    let approve = review(Verdict::Approved, None);
    assert_eq!(ask(&events, &approve, By::Submitter), Err("not_this_side"));
    events.push(ask(&events, &approve, By::Reviewer).unwrap());
    assert_eq!(ask(&events, &approve, By::Reviewer), Err("submission_status"));
    events.push(ask(&events, &Ask::Place { place: 3 }, By::Reviewer).unwrap());
    assert_eq!(fold(&events).place, Some(3));
    let shown = Ask::Close {
        reason: CloseReason::Shown,
        remark: None,
        unmet: None,
    };
    events.push(ask(&events, &shown, By::Book).unwrap());
    assert_eq!(fold(&events).status, Status::Closed);
}

#[test]
fn what_is_sent_back_is_amended_and_reviewed_anew() {
    let mut events = vec![make(None, made()).unwrap()];
    assert_eq!(
        ask(&events, &review(Verdict::Returned, None), By::Reviewer),
        Err("reason_needed")
    );
    events.push(ask(&events, &review(Verdict::Returned, Some("价格高")), By::Reviewer).unwrap());
    let mut terms = made().terms;
    terms.live_price = Minor(8_990);
    let amend = Ask::Amend { terms: Box::new(terms) };
    assert_eq!(ask(&events, &amend, By::Reviewer), Err("not_this_side"));
    events.push(ask(&events, &amend, By::Submitter).unwrap());
    assert_eq!(fold(&events).status, Status::Submitted);
    assert_eq!(fold(&events).terms.unwrap().live_price, Minor(8_990));
}

#[test]
fn a_stock_out_says_how_much_commission_is_lost() {
    let events = [
        make(None, made()).unwrap(),
        ask(
            &[make(None, made()).unwrap()],
            &review(Verdict::Approved, None),
            By::Reviewer,
        )
        .unwrap(),
    ];
    let out = |unmet| Ask::Close {
        reason: CloseReason::StockOut,
        remark: None,
        unmet,
    };
    assert_eq!(ask(&events, &out(None), By::Reviewer), Err("missing_field"));
    // 37 units at 99.90: 3,696.30; a quarter of it is 924.075, half-up 924.08.
    let Ok(SubmissionEvent::Closed(closed)) = ask(&events, &out(Some(37)), By::Reviewer) else {
        panic!("closed");
    };
    assert_eq!(closed.lost, Some(Minor(92_408)));
}

#[test]
fn terms_that_cannot_be_meant_are_refused_with_every_field() {
    let mut wrong = made();
    wrong.terms.daily_price = Minor(100);
    wrong.terms.stock = 0;
    let refusal = make(None, wrong).unwrap_err();
    let fields: Vec<_> = refusal.fields.iter().map(|field| field.pointer.to_string()).collect();
    assert_eq!(fields, ["/daily_price", "/stock"]);
    let mut wrong = made();
    wrong.by = wrong.anchor;
    assert_eq!(make(None, wrong).unwrap_err().fields[0].pointer, "/by");
}
