//! What is measured on: a live book with parties, contracts, items and rules as they come in the trade, and the requests
//! of the fixed mix (created : paid : received : settled = 1 : 1 : 1 : 0.9, refunds 8 %, five legs a split).
//! It must never make a request twice: a repeated fact would be answered without being written.

use uuid::Uuid;

use super::BenchError;
use super::load::post;
use crate::access::mint;
use crate::base::*;
use crate::domain::book::{BookMode, BookOpened, Fee, Formula, FormulaBasis, Perspective};
use crate::domain::command::Command;
use crate::domain::order::pin::{FeeOf, Settleable};
use crate::domain::party::{ContractScope, Receiver, Share};
use crate::domain::person::Role;
use crate::domain::plan::{PlanKind, Rates, RuleScope, RuleTerms, Subjects};
use crate::engine::{Engine, Meta};
use crate::money::{Currency, Rate, Rounding};

const ANCHORS: u64 = 200;
const AGENCIES: u64 = 10;
const BRANDS: u64 = 20;
const ITEMS: u64 = 200;
/// Lines that are under way at once: the facts of one line are this many requests apart.
const WINDOW: u64 = 2_048;
/// One window: created, paid, received, settled for nine of ten, refunds for two of twenty-five.
const PHASES: u64 = 5;

/// A book that is ready to be measured, with a key that may tell clicks and facts.
#[derive(Clone)]
pub struct Stage {
    /// The book.
    pub book: BookId,
    /// The platform that takes a fee of every line: the party with the most legs.
    pub busiest: PartyId,
    key: String,
    anchors: Vec<String>,
}

fn no(text: String) -> Result<ExternalId, BenchError> {
    text.parse().map_err(BenchError::other)
}

fn ppm(ppm: u32) -> Result<Rate, BenchError> {
    Rate::from_ppm(ppm).map_err(BenchError::other)
}

impl Stage {
    /// Opens the book and everything in it.
    pub async fn open(engine: &Engine) -> Result<Stage, BenchError> {
        let book = BookId(Uuid::now_v7());
        let opened = BookOpened {
            book,
            name: "Bench".parse().map_err(BenchError::other)?,
            perspective: Perspective::Platform,
            mode: BookMode::Live,
            zone: Zone::SHANGHAI,
            currencies: vec![Currency::CNY],
            click_logs: 2,
        };
        engine.open_book(opened, None, Meta::system("bench")).await?;
        let long_ago: Instant = "2024-01-01T00:00:00Z".parse().map_err(BenchError::other)?;
        let mut all = Vec::new();
        for n in 0..ANCHORS {
            all.push(party(PartyKind::Anchor, format!("anchor{n}"))?);
        }
        for n in 0..AGENCIES {
            all.push(party(PartyKind::Agency, format!("agency{n}"))?);
        }
        for n in 0..BRANDS {
            all.push(party(PartyKind::Brand, format!("brand{n}"))?);
        }
        all.push(party(PartyKind::Platform, "affiliate".to_owned())?);
        all.push(party(PartyKind::Platform, "live".to_owned())?);
        send(engine, book, all).await?;
        let mut all = vec![formula(book, long_ago)?];
        for n in 0..ANCHORS {
            all.push(contract(book, n, long_ago)?);
        }
        for n in 0..BRANDS {
            all.push(Command::RegisterShop {
                platform: no("bench".to_owned())?,
                shop_no: no(format!("shop{n}"))?,
                name: format!("Shop {n}").parse().map_err(BenchError::other)?,
                brand: PartyId::of(book, PartyKind::Brand, &format!("brand{n}")),
            });
        }
        for n in 0..ITEMS {
            all.push(rule(book, n, long_ago)?);
        }
        send(engine, book, all).await?;
        let minted = mint(false);
        let issue = Command::IssueKey {
            person: None,
            key: minted.key,
            label: "bench".parse().map_err(BenchError::other)?,
            role: Role::Ingest,
            party: None,
            expires_at: None,
        };
        let meta = Meta {
            secret_hash: Some(minted.hash),
            ..Meta::system("bench")
        };
        engine.submit(book, issue, meta).await?;
        let anchor = |n| PartyId::of(book, PartyKind::Anchor, &format!("anchor{n}")).to_string();
        Ok(Stage {
            book,
            busiest: PartyId::of(book, PartyKind::Platform, "affiliate"),
            key: minted.text,
            anchors: (0..ANCHORS).map(anchor).collect(),
        })
    }

    fn anchor(&self, n: u64) -> &str {
        let index = usize::try_from(n % ANCHORS).unwrap_or(0);
        self.anchors.get(index).map_or("", String::as_str)
    }

    /// A click nobody told before, as JSON.
    pub fn click(&self, n: u64) -> String {
        format!(
            r#"{{"source":"bench","click_no":"c{n}","at":"2025-06-18T{:02}:{:02}:{:02}Z","buyer":"b{}","promoter":"{}","item_no":"item{}","shop_no":"shop{}","room":"room{}","traffic":"channel","phase":"live"}}"#,
            n / 3_600 % 12,
            n / 60 % 60,
            n % 60,
            n % 100_000,
            self.anchor(n),
            n % ITEMS,
            n % ITEMS % BRANDS,
            n % 50
        )
    }

    /// A request with one click.
    pub fn click_request(&self, n: u64) -> Vec<u8> {
        let body = format!(r#"{{"clicks":[{}]}}"#, self.click(n));
        post("/v1/clicks", &self.key, "application/json", &body)
    }

    /// The same click for the parse-only route.
    pub fn parse_request(&self, n: u64) -> Vec<u8> {
        let body = format!(r#"{{"clicks":[{}]}}"#, self.click(n));
        post("/parse", &self.key, "application/json", &body)
    }

    /// Many clicks, one a line.
    pub fn bulk_clicks(&self, from: u64, count: u64) -> Vec<u8> {
        let lines: Vec<String> = (from..from + count).map(|n| self.click(n)).collect();
        let body = lines.join("\n");
        post("/v1/clicks", &self.key, "application/x-ndjson", &body)
    }

    /// Many facts of the mix, one a line; each sender has its own numbers.
    pub fn bulk_facts(&self, sender: u64, from: u64, count: u64) -> Vec<u8> {
        let lines: Vec<String> = (from..from + count)
            .map(|n| self.fact(&format!("s{sender}"), n))
            .collect();
        let body = lines.join("\n");
        post("/v1/facts", &self.key, "application/x-ndjson", &body)
    }

    /// One fact of the mix in a request of its own: an order with one line is placed, then facts are told about the line.
    pub fn fact_request(&self, series: &str, n: u64) -> Vec<u8> {
        let (line, kind) = slot(n);
        if kind == Kind::Created {
            return post("/v1/orders", &self.key, "application/json", &self.order(series, line));
        }
        let line = LineId::of(self.book, "bench", &format!("{series}.{line}"));
        let path = format!("/v1/orders/{line}/facts");
        post(&path, &self.key, "application/json", &self.fact(series, n))
    }

    fn order(&self, series: &str, line: u64) -> String {
        let item = line % ITEMS;
        format!(
            r#"{{"platform":"bench","external_id":"o{series}.{line}","at":"2025-06-{:02}T12:00:00Z","buyer":"b{}","lines":[{{"line_no":"{series}.{line}","list":{{{}}},"item_no":"item{item}","shop_no":"shop{}","promoter":"{}"}}]}}"#,
            1 + line % 28,
            line % 100_000,
            amount(line),
            item % BRANDS,
            self.anchor(line * 7)
        )
    }

    /// Fact number `n` of a series of lines, as JSON.
    pub fn fact(&self, series: &str, n: u64) -> String {
        let (line, kind) = slot(n);
        let head = format!(r#"{{"platform":"bench","line_no":"{series}.{line}""#);
        let amount = format!(r#""amount":{{{}}}"#, amount(line));
        let (day, item) = (1 + line % 28, line % ITEMS);
        match kind {
            Kind::Created => format!(
                r#"{head},"kind":"created","at":"2025-06-{day:02}T12:00:00Z",{amount},"order_no":"o{series}.{line}","buyer":"b{}","item_no":"item{item}","shop_no":"shop{}","promoter":"{}"}}"#,
                line % 100_000,
                item % BRANDS,
                self.anchor(line * 7)
            ),
            Kind::Paid => format!(r#"{head},"kind":"paid","at":"2025-06-{day:02}T12:01:00Z",{amount}}}"#),
            Kind::Received => format!(r#"{head},"kind":"received","at":"2025-07-{day:02}T12:00:00Z"}}"#),
            Kind::Settled => format!(r#"{head},"kind":"settled","at":"2025-08-{day:02}T12:00:00Z"}}"#),
            Kind::Refund { after } => format!(
                r#"{head},"kind":"refund_won","at":"2025-{}-{day:02}T12:00:00Z","case":"r1","deducted":true,"amount":{{"amount":"20.00","currency":"CNY"}}}}"#,
                if after { "09" } else { "07" }
            ),
        }
    }
}

/// What a line costs.
fn amount(line: u64) -> String {
    format!(r#""amount":"{}.{:02}","currency":"CNY""#, 50 + line % 400, line % 100)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Created,
    Paid,
    Received,
    Settled,
    Refund { after: bool },
}

/// Line and kind of fact number `n`. A slot that a line does not use (one in ten is never settled, most have no refund) is
/// given to a further line's first facts, so every number is a fact and the proportions hold.
fn slot(n: u64) -> (u64, Kind) {
    // Of 25 lines: 25 created, 25 paid, 25 received, 22 or 23 settled, 2 refunds: 100 facts for 25 lines and a bit.
    let per_block = per_block();
    let (block, within) = (n / per_block, n % per_block);
    let base = block * WINDOW;
    let mut left = within;
    for phase in 0..PHASES {
        let members = members(phase);
        if left < members {
            let line = base + nth_member(phase, left);
            return (line, kind(phase, line));
        }
        left -= members;
    }
    (base, Kind::Created)
}

fn per_block() -> u64 {
    (0..PHASES).map(members).sum()
}

/// How many lines of a window have a fact in a phase. Refunds before settlement stand with the receipts' phase.
fn members(phase: u64) -> u64 {
    match phase {
        0..=2 => WINDOW,
        3 => WINDOW - WINDOW.div_ceil(10),
        _ => WINDOW.div_ceil(25) + (WINDOW - 12).div_ceil(25),
    }
}

/// The line, inside its window, that is number `nth` of a phase.
fn nth_member(phase: u64, nth: u64) -> u64 {
    match phase {
        0..=2 => nth,
        // All but every tenth.
        3 => nth + nth / 9 + 1,
        // Every twenty-fifth, and every twenty-fifth from the thirteenth on.
        _ => {
            let first = WINDOW.div_ceil(25);
            if nth < first { nth * 25 } else { 12 + (nth - first) * 25 }
        }
    }
}

fn kind(phase: u64, line: u64) -> Kind {
    match phase {
        0 => Kind::Created,
        1 => Kind::Paid,
        2 => Kind::Received,
        3 => Kind::Settled,
        _ => Kind::Refund {
            after: line % WINDOW % 25 == 12,
        },
    }
}

async fn send(engine: &Engine, book: BookId, commands: Vec<Command>) -> Result<(), BenchError> {
    let sent = commands
        .into_iter()
        .map(|command| engine.submit(book, command, Meta::system("bench")));
    for answer in futures_util::future::join_all(sent).await {
        answer?;
    }
    Ok(())
}

fn party(kind: PartyKind, number: String) -> Result<Command, BenchError> {
    Ok(Command::RegisterParty {
        kind,
        name: number.parse().map_err(BenchError::other)?,
        external_id: Some(no(number)?),
    })
}

fn contract(book: BookId, n: u64, from: Instant) -> Result<Command, BenchError> {
    Ok(Command::SignMembership {
        member: PartyId::of(book, PartyKind::Anchor, &format!("anchor{n}")),
        upper: PartyId::of(book, PartyKind::Agency, &format!("agency{}", n % AGENCIES)),
        scope: ContractScope::All,
        share: Share::UpperKeeps(ppm(300_000)?),
        receiver: Receiver::Book,
        guarantee: None,
        from,
        to: None,
    })
}

fn formula(book: BookId, from: Instant) -> Result<Command, BenchError> {
    let fee = |name: &str, taker: &str, rate| {
        Ok::<_, BenchError>(Fee {
            name: name.to_owned(),
            taker: PartyId::of(book, PartyKind::Platform, taker),
            rate: ppm(rate)?,
            of: FeeOf::Gross,
        })
    };
    let terms = Formula {
        name: "bench".to_owned(),
        basis: FormulaBasis::OwnRules,
        payer: None,
        platform: None,
        rounding: Rounding::HalfUp,
        add_back: Vec::new(),
        kept_deposit_is_base: false,
        content_fee: None,
        rates_are_overall: false,
        fees: vec![
            fee("technical_fee", "affiliate", 100_000)?,
            fee("live_share", "live", 200_000)?,
        ],
        subsidies: Vec::new(),
        settleable: Settleable::PlatformSettled,
        window_seconds: 15 * 86_400,
    };
    Ok(Command::SetFormula {
        formula: None,
        effective_from: Some(from),
        terms: Box::new(terms),
    })
}

fn rule(book: BookId, item: u64, from: Instant) -> Result<Command, BenchError> {
    let terms = RuleTerms {
        subjects: Subjects::Everyone,
        from,
        to: None,
        rates: Rates::Flat(ppm(200_000)?),
        first_n: None,
        budget: None,
        cap_per_order: None,
        give_back: false,
        priority: 0,
        locked: false,
        paused: false,
    };
    Ok(Command::PostRule {
        external_id: None,
        brand: PartyId::of(book, PartyKind::Brand, &format!("brand{}", item % BRANDS)),
        kind: PlanKind::General,
        scope: RuleScope::Item(ItemId::of(book, "bench", &format!("item{item}"))),
        currency: Currency::CNY,
        terms: Box::new(terms),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_mix_is_the_stated_one_and_no_fact_comes_twice() {
        let total = per_block() * 2;
        let facts: Vec<(u64, Kind)> = (0..total).map(slot).collect();
        let count = |wanted: fn(&Kind) -> bool| facts.iter().filter(|(_, kind)| wanted(kind)).count() as u64;
        let lines = WINDOW * 2;
        assert_eq!(count(|k| *k == Kind::Created), lines);
        assert_eq!(count(|k| *k == Kind::Paid), lines);
        assert_eq!(count(|k| *k == Kind::Received), lines);
        assert_eq!(count(|k| *k == Kind::Settled) * 100 / lines, 89);
        assert_eq!(count(|k| matches!(k, Kind::Refund { .. })) * 100 / lines, 8);
        assert_eq!(count(|k| *k == Kind::Refund { after: true }) * 100 / lines, 4);
        let distinct: HashSet<String> = facts.iter().map(|fact| format!("{fact:?}")).collect();
        assert_eq!(distinct.len() as u64, total);
    }
}
