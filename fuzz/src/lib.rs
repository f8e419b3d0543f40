//! Fuzz targets as plain functions: each takes bytes, and panics when the product breaks a promise about them.
//! It must never depend on time, chance or a database, so that a finding repeats.

use std::io::Cursor;
use std::path::Path;
use std::str::FromStr;

use fenzhang::base::*;
use fenzhang::domain::event::Event;
use fenzhang::domain::order::pin::*;
use fenzhang::domain::order::story::Story;
use fenzhang::domain::order::target::target;
use fenzhang::domain::order::{About, LineFact, What};
use fenzhang::domain::stream::StreamId;
use fenzhang::intake::emit::Emitted;
use fenzhang::intake::plan::Cells;
use fenzhang::intake::source::Next;
use fenzhang::intake::{Plan, Rows, ready};
use fenzhang::ledger::{Account, Layer};
use fenzhang::money::{Currency, Minor, Rate, Rounding};
use fenzhang::report::Page;
use uuid::Uuid;

/// A target by name: a plain function that must not panic, whatever bytes it is given.
pub type Target = (&'static str, fn(&[u8]));

/// Every target by name.
pub const TARGETS: [Target; 5] = [
    ("event_decoding", event_decoding),
    ("amount_and_rate", amount_and_rate),
    ("split_and_refund", split_and_refund),
    ("mapping_import", mapping_import),
    ("cursor_decoding", cursor_decoding),
];

/// `kind schema` on the first line, the payload after it. What decodes encodes to canonical bytes that decode to the same
/// event, and its entry, when it has one, balances.
pub fn event_decoding(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some((head, payload)) = text.split_once('\n') else {
        return;
    };
    let Some((kind, schema)) = head.split_once(' ') else {
        return;
    };
    let Ok(schema) = schema.parse::<i16>() else { return };
    let Ok(event) = Event::decode(kind, schema, payload.trim_end()) else {
        return;
    };
    let bytes = event.payload().expect("what was decoded encodes");
    let again = Event::decode(event.kind(), event.schema(), &bytes).expect("canonical bytes decode");
    assert_eq!(again, event);
    assert_eq!(again.payload().expect("encodes"), bytes, "one canonical form");
    if let Ok(entry) = event.post() {
        for layer in [Layer::Estimated, Layer::Settled] {
            let legs = entry.legs().iter().filter(|leg| leg.layer == layer);
            let sum: i128 = legs.clone().map(|leg| i128::from(leg.amount.0)).sum();
            let one_currency = legs
                .map(|leg| leg.currency)
                .collect::<std::collections::HashSet<_>>()
                .len()
                <= 1;
            assert!(sum == 0 || !one_currency, "an entry sums to zero");
        }
    }
}

/// An amount that parses has one spelling, and so has a rate.
pub fn amount_and_rate(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for code in ["CNY", "JPY", "KWD", "CLF"] {
        let Ok(currency) = Currency::from_str(code) else {
            continue;
        };
        if let Ok(amount) = Minor::parse(text, currency) {
            assert_eq!(amount.display(currency), text, "the canonical spelling");
        }
    }
    let _ = Currency::from_str(text);
    if let Ok(rate) = Rate::from_str(text) {
        assert!(rate <= Rate::ONE);
        assert_eq!(Rate::from_str(&rate.to_string()), Ok(rate));
        for rounding in [Rounding::HalfUp, Rounding::HalfEven, Rounding::Truncate] {
            for amount in [0, 1, -1, 99, i64::MAX, i64::MIN] {
                let part = rate.of(Minor(amount), rounding).expect("a part of an amount fits");
                assert!(
                    part.0.unsigned_abs() <= amount.unsigned_abs(),
                    "a part is no more than the whole"
                );
            }
        }
    }
}

/// Numbers out of bytes; zeros when they are used up.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    fn rate(&mut self) -> Rate {
        let ppm = u32::from(self.next()) << 16 | u32::from(self.next()) << 8 | u32::from(self.next());
        Rate::from_ppm(ppm % (Rate::SCALE + 1)).expect("in range")
    }

    fn amount(&mut self) -> i64 {
        let width = self.next() % 7;
        (0..=width).fold(0, |sum, _| sum << 8 | i64::from(self.next()))
    }
}

fn party(kind: PartyKind, n: u128) -> PartyId {
    PartyId::tagged(kind, Uuid::from_u128(n))
}

fn pin(bytes: &mut Bytes<'_>, payable: i64) -> Pin {
    let fee = |bytes: &mut Bytes<'_>, n: u128| FeeTerms {
        name: format!("fee{n}"),
        taker: party(PartyKind::Platform, n),
        rate: bytes.rate(),
        of: if bytes.next().is_multiple_of(2) {
            FeeOf::Gross
        } else {
            FeeOf::Remainder
        },
    };
    let fees = (0..bytes.next() % 4).map(|n| fee(bytes, u128::from(n))).collect();
    let hops = 1 + bytes.next() % 5;
    let chain = (0..hops)
        .map(|n| {
            let rate = bytes.rate();
            Hop {
                party: party(PartyKind::Agency, 100 + u128::from(n)),
                keeps: match bytes.next() % 3 {
                    _ if n + 1 == hops => Keeps::All,
                    0 => Keeps::PassesOn(rate),
                    _ => Keeps::Share(rate),
                },
                membership: None,
                direct: bytes.next() % 4 == 1,
                formula: None,
            }
        })
        .collect();
    let subsidies = (0..bytes.next() % 3)
        .map(|n| SubsidyTerms {
            name: format!("subsidy{n}"),
            payer: party(PartyKind::Other, 200 + u128::from(n)),
            rate: bytes.rate(),
            cap: bytes.next().is_multiple_of(2).then(|| Minor(bytes.amount())),
            share: bytes.rate(),
        })
        .collect();
    let rounding = [Rounding::HalfUp, Rounding::HalfEven, Rounding::Truncate][usize::from(bytes.next() % 3)];
    let content = bytes
        .next()
        .is_multiple_of(2)
        .then(|| (party(PartyKind::Platform, 300), bytes.rate()));
    let rate = if bytes.next().is_multiple_of(3) {
        RateTerms::Tiered(vec![
            (Minor(payable / 3), bytes.rate()),
            (Minor(payable - payable / 3), bytes.rate()),
        ])
    } else {
        RateTerms::Flat(bytes.rate())
    };
    Pin {
        at: instant(0),
        payable: Minor(payable),
        attribution: Attribution {
            basis: Basis::Platform,
            party: None,
            click: None,
            clicked_at: None,
            scope: None,
        },
        dims: Dims::default(),
        formula: FormulaId(Uuid::nil()),
        formula_version: 1,
        rule: Some(RuleChoice {
            rule: RuleId(Uuid::nil()),
            version: 1,
            level: 8,
            rate,
            cap: None,
        }),
        why_nothing: None,
        lost: Vec::new(),
        lost_more: Default::default(),
        terms: Some(Terms {
            merchant: party(PartyKind::Brand, 400),
            rounding,
            base: BaseTerms {
                add_back: Vec::new(),
                kept_deposit: false,
            },
            content_fee: content,
            fees,
            subsidies,
            chain,
            settleable: Settleable::PlatformSettled,
            as_reported: false,
        }),
        reservation: None,
        brought_over: None,
    }
}

fn instant(seconds: i64) -> Instant {
    Instant::from_micros(1_780_000_000_000_000 + seconds * 1_000_000).expect("in range")
}

fn fact(seconds: i64, what: What) -> LineFact {
    LineFact {
        line: LineId(Uuid::nil()),
        platform: "p".parse().expect("an id"),
        line_no: "1".parse().expect("an id"),
        at: instant(seconds),
        currency: Some(Currency::CNY),
        about: About::default(),
        what,
        reported: None,
    }
}

/// A random formula, rule and chain; a payment, then refunds around a settlement. At every step what the line holds sums to
/// zero in each layer; when everything is refunded and deducted it holds nothing.
pub fn split_and_refund(data: &[u8]) {
    let mut bytes = Bytes(data);
    let paid = bytes.amount();
    let pin = pin(&mut bytes, paid);
    let mut facts = vec![fact(
        1,
        What::Paid {
            amount: Minor(paid),
            discounts: Vec::new(),
        },
    )];
    check(&facts, &pin, false);
    let settles = bytes.next() % 8;
    let mut left = paid;
    for n in 0..8_u8 {
        if n == settles {
            facts.push(fact(10 + i64::from(n), What::Settled { base: None }));
            check(&facts, &pin, false);
        }
        let last = n == 7;
        let part = if last { left } else { bytes.amount().min(left) };
        left -= part;
        let case: ExternalId = format!("c{n}").parse().expect("an id");
        let won = What::RefundWon {
            case: case.clone(),
            goods: Minor(part),
            freight: Minor(0),
            units: None,
            deducted: false,
            manner: None,
        };
        facts.push(fact(10 + i64::from(n), won));
        check(&facts, &pin, false);
        facts.push(fact(20 + i64::from(n), What::RefundDeducted { case }));
        check(&facts, &pin, last && paid > 0);
    }
}

fn check(facts: &[LineFact], pin: &Pin, ends: bool) {
    // An amount beyond 64 bits is refused, never wrapped.
    let Ok(target) = target(&Story::read(facts.iter()), 1, Some(pin), None) else {
        return;
    };
    for layer in [Layer::Estimated, Layer::Settled] {
        let held = target.holdings.iter().filter(|((_, l), _)| *l == layer);
        let sum: i128 = held.map(|(_, amount)| i128::from(amount.0)).sum();
        assert_eq!(sum, 0, "the {layer:?} layer sums to zero");
    }
    assert!(
        !ends || target.holdings.is_empty(),
        "all refunded and deducted, and still {:?}",
        target.holdings
    );
}

/// A mapping, a line of `===`, then a file; without that line the file is read by a ready mapping. Every row is told,
/// ignored or faulted, and reading ends.
pub fn mapping_import(data: &[u8]) {
    let mark = b"\n===\n";
    let at = data.windows(mark.len()).position(|window| window == mark);
    let (plan, rows) = match at {
        Some(at) => {
            let Ok(text) = std::str::from_utf8(&data[..at]) else {
                return;
            };
            let Ok(plan) = Plan::parse(text) else { return };
            (plan, &data[at + mark.len()..])
        }
        None => (
            Plan::parse(ready::find("generic-orders").expect("is ready")).expect("a ready mapping"),
            data,
        ),
    };
    let Ok(mut file) = Rows::read(Path::new("fuzz"), Box::new(Cursor::new(rows.to_vec())), &plan) else {
        return;
    };
    let (mut cells, mut emitted) = (Cells::default(), Emitted::default());
    for n in 0.. {
        assert!(
            n <= rows.len() + 1 || rows.starts_with(&[0x1f, 0x8b]),
            "more rows than bytes"
        );
        match file.next(&mut cells) {
            Ok(Next::Row) => {
                if let Err(fault) = plan.row(BookId(Uuid::nil()), &cells, 1, &mut emitted) {
                    assert!(!fault.code.is_empty());
                }
            }
            Ok(Next::Bad(fault)) => assert!(!fault.code.is_empty()),
            Ok(Next::End) | Err(_) => return,
        }
        // A small file may hold a very large one.
        if n > 10_000 {
            return;
        }
    }
}

/// Cursors, ids, accounts and times as a client may send them: what parses has one spelling.
pub fn cursor_decoding(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let page = Page::after(Some(text.to_owned()), 10);
    if let Ok(Some([one, other])) = page.parts::<2>() {
        assert_eq!(format!("{one}~{other}"), text);
        for part in [one, other] {
            one_spelling::<Instant>(part, false);
            let _ = part.parse::<i64>();
            let _ = part.parse::<Uuid>();
        }
    }
    let _ = (page.parts::<1>(), page.parts::<3>());
    one_spelling::<PartyId>(text, true);
    one_spelling::<StreamId>(text, true);
    one_spelling::<LineId>(text, true);
    one_spelling::<Account>(text, true);
    one_spelling::<ExternalId>(text, true);
    one_spelling::<Month>(text, true);
    one_spelling::<Instant>(text, false);
    one_spelling::<Name>(text, false);
}

fn one_spelling<T: FromStr + ToString + PartialEq>(text: &str, exact: bool) {
    let Ok(value) = text.parse::<T>() else { return };
    let shown = value.to_string();
    assert!(!exact || shown == text, "{text:?} is shown as {shown:?}");
    assert!(
        shown.parse::<T>().is_ok_and(|again| again == value),
        "{shown:?} reads as another"
    );
}
