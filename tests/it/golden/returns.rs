//! Golden events of returns that name no order: told, joined by lines, judged, taken back.
//! It must never change a figure: what is here was written once.

use fenzhang::base::*;
use fenzhang::domain::event::Event;
use fenzhang::domain::returns::{
    Candidate, Flaw, ReturnEvent, ReturnJudged, ReturnTold, ReturnWithdrawn, Returned, SalesJoined, Verdict, Why,
};
use fenzhang::money::{Currency, Minor};

use super::{at, ext, id};

fn returned() -> Returned {
    Returned {
        platform: ext("taobao"),
        document: ext("C536383"),
        row: ext("row-1"),
        buyer: Some(ext("buyer-1")),
        item_no: Some(ext("item-1")),
        at: at(30),
        currency: Currency::CNY,
        units: 2,
        amount: Minor(9_950),
    }
}

/// One event of each kind.
pub fn events() -> Vec<Event> {
    let judged = ReturnJudged {
        document: ext("C536383"),
        row: ext("row-1"),
        verdict: Verdict::Parked {
            why: Why::FitsSeveral,
            candidates: vec![Candidate {
                line: LineId(id(8)),
                left: 3,
                fits: true,
            }],
        },
        before: Some(LineId(id(9))),
        matches: 1,
    };
    let lines = vec![LineId(id(8)), LineId(id(9))];
    let withdrawn = ReturnWithdrawn {
        document: ext("C536383"),
        row: ext("row-1"),
        batch: ext("batch-1"),
        before: Some(LineId(id(8))),
    };
    vec![
        Event::Returns(ReturnEvent::Told(ReturnTold {
            returned: returned(),
            flaw: Some(Flaw::WithoutUnits),
        })),
        Event::Returns(ReturnEvent::Joined(SalesJoined { lines })),
        Event::Returns(ReturnEvent::Judged(judged)),
        Event::Returns(ReturnEvent::Withdrawn(withdrawn)),
    ]
}

/// A verdict in its other form.
pub fn matched() -> Event {
    let matched = ReturnJudged {
        document: ext("C536383"),
        row: ext("row-1"),
        verdict: Verdict::Matched { line: LineId(id(8)) },
        before: None,
        matches: 2,
    };
    Event::Returns(ReturnEvent::Judged(matched))
}
