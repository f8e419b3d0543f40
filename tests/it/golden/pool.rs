//! Golden events of the pool, of submissions, selections and watches: one of each kind, with everything that it may carry.
//! It must never change a figure: what is here was written once.

use std::collections::BTreeSet;

use fenzhang::base::*;
use fenzhang::domain::event::Event;
use fenzhang::domain::pool::{Figures, PoolEvent, PoolListed, PoolRated, PoolTerms, PoolWithdrawn, Target};
use fenzhang::domain::selection::{SelectionEvent, SelectionRemoved, SelectionSaved};
use fenzhang::domain::submission::event::{SubmissionAmended, SubmissionPlaced};
use fenzhang::domain::submission::{
    CloseReason, Qualification, SubmissionClosed, SubmissionEvent, SubmissionMade, SubmissionReviewed, SubmissionTerms,
    Verdict,
};
use fenzhang::domain::watch::{Seen, WatchDropped, WatchEvent, WatchFired, WatchOf, WatchSet};
use fenzhang::money::{Currency, Minor};

use super::{at, ext, id, party, rate};

fn figures() -> Figures {
    Figures {
        rule: Some(RuleId(id(4))),
        rate: Some(rate(200_000)),
        commission: Some(Minor(1_980)),
        fees: Minor(554),
        refunds: Minor(143),
        freight: Minor(100),
        margin: Some(Minor(1_183)),
        until: Some(at(1_440)),
    }
}

fn pool() -> Vec<PoolEvent> {
    let item = ItemId(id(3));
    vec![
        PoolEvent::Listed(Box::new(PoolListed {
            item,
            owner: party(PartyKind::Brand),
            terms: PoolTerms {
                currency: Currency::CNY,
                price: Minor(10_900),
                coupon_price: Some(Minor(9_900)),
                sales: Some(3_000),
                refund_rate: Some(rate(100_000)),
                score: Some(4_850),
                min_order: Some(1),
                ships_within: Some(48),
                dropship: true,
                sample: true,
                stock: Some(5_000),
                freight: Some(Minor(100)),
            },
            figures: figures(),
        })),
        PoolEvent::Rated(Box::new(PoolRated {
            item,
            figures: figures(),
        })),
        PoolEvent::Withdrawn(PoolWithdrawn {
            item,
            reason: Some("售罄".to_owned()),
        }),
    ]
}

fn terms() -> SubmissionTerms {
    SubmissionTerms {
        title: "防晒乳".parse().unwrap(),
        category: Some("美妆".to_owned()),
        show_at: at(600),
        show: Some(ext("show-618")),
        currency: Currency::CNY,
        daily_price: Minor(12_900),
        live_price: Minor(9_990),
        gifts: vec!["旅行装".to_owned()],
        commission: rate(250_000),
        slot_fee: Minor(500_000),
        stock: 1_000,
        ships_within: Some(48),
        protection_days: Some(15),
        exclusive_days: Some(7),
        qualifications: vec![Qualification {
            kind: "化妆品备案".to_owned(),
            file: Some("ab".repeat(32).parse().unwrap()),
            expires: Some(at(100_000)),
        }],
        link: Some("https://example.com/item".to_owned()),
        points: Some("不油腻".to_owned()),
    }
}

fn submissions() -> Vec<SubmissionEvent> {
    let submission = SubmissionId(id(43));
    vec![
        SubmissionEvent::Made(Box::new(SubmissionMade {
            submission,
            external_id: Some(ext("B-618-1")),
            by: party(PartyKind::Brand),
            anchor: party(PartyKind::Anchor),
            target: Target::Item(ItemId(id(3))),
            terms: terms(),
        })),
        SubmissionEvent::Amended(Box::new(SubmissionAmended {
            submission,
            terms: terms(),
        })),
        SubmissionEvent::Reviewed(SubmissionReviewed {
            submission,
            verdict: Verdict::Approved,
            reason: Some("价格合适".to_owned()),
            despite: vec!["same_item".to_owned()],
        }),
        SubmissionEvent::Placed(SubmissionPlaced { submission, place: 3 }),
        SubmissionEvent::Closed(SubmissionClosed {
            submission,
            reason: CloseReason::StockOut,
            remark: Some("断货".to_owned()),
            unmet: Some(37),
            lost: Some(Minor(92_408)),
        }),
    ]
}

fn seen(price: i64) -> Seen {
    Seen {
        currency: Currency::CNY,
        price: Some(Minor(price)),
        stock: Some(5_000),
        rate: Some(rate(200_000)),
        listed: true,
    }
}

pub fn events() -> Vec<Event> {
    let selection = SelectionId(id(44));
    let watch = WatchId(id(45));
    let selections = [
        SelectionEvent::Saved(SelectionSaved {
            selection,
            party: Some(party(PartyKind::Anchor)),
            name: "六一八".parse().unwrap(),
            entries: vec![Target::Item(ItemId(id(3))), Target::Offer(OfferId(id(39)))],
            query: Some("text=防晒&sort=commission".to_owned()),
        }),
        SelectionEvent::Removed(SelectionRemoved { selection }),
    ];
    let watches = [
        WatchEvent::Set(WatchSet {
            watch,
            party: Some(party(PartyKind::Anchor)),
            target: Target::Item(ItemId(id(3))),
            of: BTreeSet::from([WatchOf::Price, WatchOf::Stock, WatchOf::Rate]),
            seen: seen(9_900),
        }),
        WatchEvent::Fired(WatchFired {
            watch,
            changed: BTreeSet::from([WatchOf::Price]),
            before: seen(9_900),
            seen: seen(8_900),
        }),
        WatchEvent::Dropped(WatchDropped { watch }),
    ];
    let pool = pool().into_iter().map(Event::Pool);
    let submissions = submissions().into_iter().map(Event::Submission);
    let selections = selections.into_iter().map(Event::Selection);
    pool.chain(submissions)
        .chain(selections)
        .chain(watches.into_iter().map(Event::Watch))
        .collect()
}
