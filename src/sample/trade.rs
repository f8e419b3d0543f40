//! What happens in the month: clicks in live rooms, orders with and without a click, payment, receipt, settlement, refunds.
//! Must never tell a fact before its time: each is told on the day it happened.

use std::collections::BTreeMap;

use super::cast::{Cast, PLATFORM};
use super::{Step, at, book, number, rng::Rng};
use crate::base::{Instant, LineId, PartyId};
use crate::domain::click::Click;
use crate::domain::order::LineFact;
use crate::domain::order::fact::{About, What};
use crate::money::{Currency, Minor};

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Most clicks or facts of one command.
const CHUNK: usize = 500;
/// First and last day of clicks and orders; settlement and refunds follow in the month after.
const DAYS: (i64, i64) = (1, 30);

/// A click that can lead to an order.
#[derive(Clone, Copy)]
struct Seen {
    buyer: u64,
    item: u64,
    second: i64,
}

/// One line of an order, as it is made.
struct Line {
    order: u64,
    line: u64,
    buyer: u64,
    item: u64,
    quantity: u32,
    paid: Minor,
    ordered: i64,
}

/// Steps by day of the month, in order.
pub(super) fn days(cast: &Cast) -> Vec<(i64, Vec<Step>)> {
    let mut clicks: BTreeMap<i64, Vec<Click>> = BTreeMap::new();
    let mut facts: BTreeMap<i64, Vec<LineFact>> = BTreeMap::new();
    let seen = make_clicks(cast, &mut clicks);
    make_orders(cast, &seen, &mut facts);
    let mut days: BTreeMap<i64, Vec<Step>> = BTreeMap::new();
    for (day, mut told) in clicks {
        told.sort_by_key(|click| click.at);
        let steps = days.entry(day).or_default();
        steps.extend(told.chunks(CHUNK).map(|chunk| Step::Clicks(chunk.to_vec())));
    }
    for (day, mut told) in facts {
        told.sort_by_key(|fact| fact.at);
        let steps = days.entry(day).or_default();
        steps.extend(told.chunks(CHUNK).map(|chunk| Step::Facts(chunk.to_vec())));
    }
    days.into_iter().collect()
}

fn make_clicks(cast: &Cast, clicks: &mut BTreeMap<i64, Vec<Click>>) -> Vec<Seen> {
    let mut rng = Rng::new(3);
    let mut seen = Vec::new();
    for n in 0..cast.size.clicks {
        let day = rng.between(DAYS.0, DAYS.1);
        // Live evenings: three in four between 19:00 and 24:00.
        let hour = if rng.chance(75) {
            rng.between(19, 23)
        } else {
            rng.between(8, 18)
        };
        let second = (day - 1) * DAY + hour * 3_600 + rng.between(0, 3_599);
        let anchor = 1 + rng.skewed(cast.size.anchors);
        let item = 1 + rng.skewed(cast.size.items);
        let buyer = rng.below(cast.size.orders * 4 / 5 + 1);
        let promoted = anchor.is_multiple_of(12) && rng.chance(50);
        let promoter: PartyId = if promoted {
            cast.promoter(anchor / 12)
        } else {
            cast.anchor(anchor)
        };
        let traffic = ["channel", "fan_group", "message", "search", "micro_tao"];
        let phase = ["live", "live", "live", "preview", "slice", "replay"];
        let trigger = ["tap", "tap", "tap", "gesture", "voice"];
        clicks.entry(day).or_default().push(Click {
            source: number(PLATFORM),
            click_no: Some(number(&format!("c{n:06}"))),
            at: instant(second),
            buyer: number(&format!("buyer-{buyer:05}")),
            promoter,
            platform: number(PLATFORM),
            item_no: Some(number(&format!("item-{item:04}"))),
            shop_no: Some(number(&format!("shop-{:02}", cast.shop_of(item)))),
            room: Some(number(&format!("room-{anchor:03}"))),
            show: Some(number(&format!("show-{anchor:03}-{day:02}"))),
            slot: None,
            traffic: pick(&mut rng, &traffic),
            off_site: None,
            campaign: None,
            phase: pick(&mut rng, &phase),
            trigger: pick(&mut rng, &trigger),
            format: Some(if rng.chance(3) { "vr" } else { "flat" }.to_owned()),
            segment: None,
        });
        seen.push(Seen { buyer, item, second });
    }
    seen
}

fn make_orders(cast: &Cast, seen: &[Seen], facts: &mut BTreeMap<i64, Vec<LineFact>>) {
    let mut rng = Rng::new(4);
    for order in 1..=cast.size.orders {
        let from = seen.get(usize::try_from(rng.below(seen.len() as u64)).unwrap_or(0));
        // Four in five buy what they clicked on, one in ten something else of the shop, one in ten never clicked.
        let (buyer, item, ordered) = match (from, rng.below(10)) {
            (Some(click), 0..=7) => (click.buyer, click.item, click.second + rng.between(30, DAY)),
            (Some(click), 8) => {
                let next = click.item + cast.size.brands;
                let item = if next > cast.size.items {
                    cast.shop_of(click.item)
                } else {
                    next
                };
                (click.buyer, item, click.second + rng.between(30, 2 * DAY))
            }
            _ => {
                let buyer = cast.size.orders + order;
                (buyer, 1 + rng.skewed(cast.size.items), rng.between(0, 30 * DAY - 1))
            }
        };
        let ordered = ordered.min(30 * DAY - 1);
        let lines = if order.is_multiple_of(5) { 2 } else { 1 };
        // What an order does, it does with all of its lines.
        let fate = rng.below(100);
        for line in 1..=lines {
            let item = if line == 1 {
                item
            } else {
                1 + rng.skewed(cast.size.items)
            };
            let quantity = u32::try_from(rng.between(1, 3)).unwrap_or(1);
            let paid = Minor(price(item).saturating_mul(i64::from(quantity)));
            let line = Line {
                order,
                line,
                buyer,
                item,
                quantity,
                paid,
                ordered,
            };
            line.live(cast, fate, &mut rng, facts);
        }
    }
}

/// A price between 9.90 and 329.90, the same for every sale of an item.
fn price(item: u64) -> i64 {
    let step = i64::try_from(item.wrapping_mul(7_919) % 33).unwrap_or(0);
    990 + 1_000 * step
}

impl Line {
    /// Tells everything that happens to the line.
    fn live(&self, cast: &Cast, fate: u64, rng: &mut Rng, facts: &mut BTreeMap<i64, Vec<LineFact>>) {
        let mut tell = |second: i64, what: What| {
            let fact = self.fact(cast, second, what);
            facts.entry(1 + second.div_euclid(DAY)).or_default().push(fact);
        };
        let placed = What::Created {
            payable: Some(self.paid),
            discounts: Vec::new(),
        };
        tell(self.ordered, placed);
        if fate < 6 {
            // Never paid.
            tell(
                self.ordered + DAY / 2,
                What::Closed {
                    reason: Some("unpaid".into()),
                },
            );
            return;
        }
        let paid_at = self.ordered + rng.between(5, 1_200);
        if fate < 9 {
            // A pre-sale: a deposit, and the tail two days later.
            let deposit = Minor(self.paid.0 / 5);
            tell(paid_at, What::Deposit { amount: deposit });
            tell(
                paid_at + 2 * DAY,
                What::Tail {
                    amount: Minor(self.paid.0 - deposit.0),
                },
            );
        } else {
            let amount = self.paid;
            tell(
                paid_at,
                What::Paid {
                    amount,
                    discounts: Vec::new(),
                },
            );
        }
        let received = paid_at + rng.between(3 * DAY, 7 * DAY);
        if fate < 17 {
            // Refunded before settlement: half of them wholly, and then nothing is left to receive.
            let whole = fate < 13;
            let goods = if whole { self.paid } else { Minor(self.paid.0 / 2) };
            tell(received - DAY / 2, self.won("before", goods, true));
            if whole {
                return;
            }
        }
        tell(received, What::Received);
        let settled = received + rng.between(DAY, 3 * DAY);
        if fate >= 94 {
            // Not settled yet when the sample ends.
            return;
        }
        tell(settled, What::Settled { base: None });
        if fate >= 88 {
            // Refunded after settlement; most cases are deducted, some only won.
            let goods = if fate >= 91 { self.paid } else { Minor(self.paid.0 / 3) };
            let case = self.case("after");
            tell(settled + DAY, What::RefundOpened { case: case.clone() });
            tell(settled + 2 * DAY, self.won("after", goods, false));
            if fate != 90 {
                tell(settled + 3 * DAY, What::RefundDeducted { case });
            }
        }
    }

    fn case(&self, word: &str) -> crate::base::ExternalId {
        number(&format!("case-{}-{}-{word}", self.order, self.line))
    }

    fn won(&self, word: &str, goods: Minor, deducted: bool) -> What {
        What::RefundWon {
            case: self.case(word),
            goods,
            freight: Minor::ZERO,
            units: None,
            deducted,
            manner: None,
        }
    }

    fn fact(&self, cast: &Cast, second: i64, what: What) -> LineFact {
        let line_no = format!("S{:06}-{}", self.order, self.line);
        let created = matches!(what, What::Created { .. });
        let about = About {
            order_no: Some(number(&format!("S{:06}", self.order))),
            buyer: Some(number(&format!("buyer-{:05}", self.buyer))),
            item_no: Some(number(&format!("item-{:04}", self.item))),
            shop_no: Some(number(&format!("shop-{:02}", cast.shop_of(self.item)))),
            category: Some(cast.category_of(self.item).to_owned()),
            quantity: Some(self.quantity),
            ..About::default()
        };
        LineFact {
            line: LineId::of(book(), PLATFORM, &line_no),
            platform: number(PLATFORM),
            line_no: number(&line_no),
            at: instant(second),
            currency: Some(Currency::CNY),
            about: if created { about } else { About::default() },
            what,
            reported: None,
        }
    }
}

/// Seconds since the first of the month.
fn instant(second: i64) -> Instant {
    at(1, 0).plus_seconds(second)
}

fn pick(rng: &mut Rng, words: &[&str]) -> Option<String> {
    let index = usize::try_from(rng.below(words.len() as u64)).unwrap_or(0);
    words.get(index).map(|word| (*word).to_owned())
}
