//! Matching measured: anchors of a book ranked for a brief, beside the bare statement that sums what is known of them.
//! It must never print a time without the one of the bare statement in the same run.

use std::collections::BTreeSet;
use std::time::{Duration, Instant as Clock};

use tokio_postgres::Client;

use super::BenchError;
use super::close::{anchor, at, id, open, send};
use crate::base::{BookId, BriefId, ContractId, LineId, LogId, Name, PartyId, PartyKind};
use crate::domain::brief::{Ask, BriefTerms, Filters, Visibility};
use crate::domain::click::Click;
use crate::domain::command::Command;
use crate::domain::contract::event::Delivery;
use crate::domain::contract::{Action, Channel, Clocks, Deliverable, Form, ServiceFee, Side, Terms};
use crate::domain::order::fact::Snapshot;
use crate::domain::order::{About, LineFact, What};
use crate::engine::{Engine, EngineSettings, Meta};
use crate::money::{Currency, Minor, Rate};
use crate::report::{self, Page, Viewer};
use crate::store::books;

const CATEGORIES: u64 = 20;
/// Lines of each anchor, in as many categories.
const LINES: u64 = 4;
/// Every so many anchors one has a contract that was delivered.
const CONTRACTED: usize = 3;
/// Clicks of each anchor.
const CLICKS: u64 = 3;
const CHUNK: u64 = 500;
const PLATFORM: &str = "bench";

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Anchors in the order.
    pub anchors: usize,
    /// Lines that their sales are summed from.
    pub lines: u64,
    /// The statement alone, the best of five.
    pub bare: Duration,
    /// The first page of a hundred, the best of five.
    pub page: Duration,
    /// How the statement is read.
    pub plan: String,
    /// The same order twice, and page by page.
    pub same: bool,
}

fn item(n: u64) -> Result<Command, BenchError> {
    Ok(Command::ListItem {
        platform: id(PLATFORM)?,
        item_no: id(&format!("item{n}"))?,
        title: None,
        shop_no: id("shop")?,
        category: Some(format!("category{n}")),
        from: Some(at("2026-01-01T00:00:00+08:00")?),
    })
}

fn line(book: BookId, n: u64, anchors: u64) -> Result<LineFact, BenchError> {
    let number = format!("L{n}");
    let (who, nth) = (n % anchors, n / anchors);
    let day = |hour: u64| {
        at(&format!(
            "2026-{:02}-{:02}T{hour:02}:00:00+08:00",
            1 + n % 10,
            1 + n % 28
        ))
    };
    Ok(LineFact {
        line: LineId::of(book, PLATFORM, &number),
        platform: id(PLATFORM)?,
        line_no: id(&number)?,
        at: day(20)?,
        currency: Some(Currency::CNY),
        about: About {
            shop_no: Some(id("shop")?),
            item_no: Some(id(&format!("item{}", (who + 5 * nth) % CATEGORIES))?),
            promoter: Some(anchor(book, who)),
            ..About::default()
        },
        what: What::Snapshot(Snapshot {
            created_at: Some(day(10)?),
            paid_at: Some(day(11)?),
            paid: Some(Minor(i64::try_from(1_000 + (n * 7_919) % 60_000).unwrap_or(1_000))),
            ..Snapshot::default()
        }),
        reported: None,
    })
}

fn click(book: BookId, n: u64, anchors: u64) -> Result<Click, BenchError> {
    Ok(Click {
        source: id(PLATFORM)?,
        click_no: Some(id(&format!("C{n}"))?),
        at: at("2026-01-02T00:00:00+08:00")?,
        buyer: id(&format!("buyer{n}"))?,
        promoter: anchor(book, n % anchors),
        platform: id(PLATFORM)?,
        item_no: Some(id(&format!("item{}", n % CATEGORIES))?),
        shop_no: None,
        room: None,
        show: None,
        slot: None,
        traffic: None,
        off_site: None,
        campaign: None,
        phase: None,
        trigger: None,
        format: None,
        segment: None,
    })
}

fn terms() -> Result<Terms, BenchError> {
    Ok(Terms {
        currency: Currency::CNY,
        form: Form::SlotFee,
        deliverables: vec![Deliverable {
            name: "live slot".to_owned(),
            media: None,
            fee: Minor(100_000),
            from: None,
            to: None,
            minutes: None,
            due: Some(at("2027-06-01T00:00:00+08:00")?),
            evidence: Vec::new(),
            external_id: None,
        }],
        service_fee: ServiceFee {
            rate: Rate::ZERO,
            taker: None,
        },
        penalty: Rate::ZERO,
        clocks: Clocks {
            settle: 0,
            ..Clocks::default()
        },
        channel: Channel::Bank,
        part_funding: false,
        programme: None,
    })
}

fn brief(category: Option<String>) -> Result<BriefTerms, BenchError> {
    let title: Name = id("bench")?;
    Ok(BriefTerms {
        title,
        category,
        products: Vec::new(),
        terms: terms()?,
        budget: None,
        slots: 1_000,
        position: None,
        filters: Filters::default(),
        samples: None,
        creative: None,
        ad_label: false,
        forbidden_claims: Vec::new(),
        exclusivity_days: None,
        recut_rights: None,
        invoice_kind: None,
        invoice_title: None,
        contact: None,
        attachments: Vec::new(),
        visibility: Visibility::Open,
        invitation: 86_400,
        closes_at: at("2027-01-01T00:00:00+08:00")?,
        expires_at: at("2027-02-01T00:00:00+08:00")?,
    })
}

/// Drafts and posts a brief of a number.
async fn posted(engine: &Engine, book: BookId, number: &str, category: Option<String>) -> Result<BriefId, BenchError> {
    let brand = PartyId::of(book, PartyKind::Brand, "brand");
    let draft = Command::DraftBrief {
        external_id: Some(id(number)?),
        brand,
        terms: Box::new(brief(category)?),
        post: true,
    };
    send(engine, book, vec![draft]).await?;
    Ok(BriefId::of(book, brand, number))
}

/// A step of a contract of one anchor.
type Step = fn(BookId, (BriefId, u64)) -> Command;

fn asked(brief: BriefId, side: Side, ask: Ask) -> Command {
    Command::AskBrief {
        brief,
        side: Some(side),
        ask,
    }
}

fn acted(book: BookId, (brief, n): (BriefId, u64), side: Side, action: Action) -> Command {
    Command::ActContract {
        contract: ContractId::of(brief, anchor(book, n), 1),
        side: Some(side),
        action,
    }
}

/// From the application to the rating.
const STEPS: [Step; 7] = [
    |book, (brief, n)| {
        let apply = Ask::Apply {
            party: anchor(book, n),
            terms: None,
            note: None,
            external_id: None,
        };
        asked(brief, Side::Anchor, apply)
    },
    |book, (brief, n)| {
        let award = Ask::Award {
            party: anchor(book, n),
            external_id: None,
            fund: false,
        };
        asked(brief, Side::Brand, award)
    },
    |book, of| acted(book, of, Side::Brand, Action::Fund { amount: Minor(100_000) }),
    |book, of| {
        let schedule = Action::Schedule {
            deliverable: 0,
            at: None,
        };
        acted(book, of, Side::Anchor, schedule)
    },
    |book, of| {
        let deliver = Action::Deliver {
            deliverable: 0,
            delivery: Delivery::default(),
        };
        acted(book, of, Side::Anchor, deliver)
    },
    |book, of| acted(book, of, Side::Brand, Action::Accept { deliverable: 0 }),
    |book, of| {
        let rate = Action::Rate {
            stars: u8::try_from(1 + of.1 % 5).unwrap_or(5),
            text: None,
        };
        acted(book, of, Side::Brand, rate)
    },
];

/// Delivered and rated contracts, step by step.
async fn contracted(engine: &Engine, book: BookId, all: &[(BriefId, u64)]) -> Result<(), BenchError> {
    for step in STEPS {
        for some in all.chunks(200) {
            send(engine, book, some.iter().map(|of| step(book, *of)).collect()).await?;
        }
    }
    Ok(())
}

async fn fill(engine: &Engine, book: BookId, anchors: u64) -> Result<(), BenchError> {
    let items: Result<Vec<Command>, BenchError> = (0..CATEGORIES).map(item).collect();
    send(engine, book, items?).await?;
    let mut next = 0;
    while next < anchors * LINES {
        let end = (next + CHUNK).min(anchors * LINES);
        let facts = (next..end)
            .map(|n| line(book, n, anchors))
            .collect::<Result<Vec<_>, _>>()?;
        send(engine, book, vec![Command::Facts(facts)]).await?;
        next = end;
    }
    let mut next = 0;
    while next < anchors * CLICKS {
        let end = (next + CHUNK).min(anchors * CLICKS);
        let clicks = (next..end)
            .map(|n| click(book, n, anchors))
            .collect::<Result<Vec<_>, _>>()?;
        engine.record_clicks(book, clicks, Meta::system("bench")).await?;
        next = end;
    }
    let mut all = Vec::new();
    for (nth, n) in (0..anchors).step_by(CONTRACTED).enumerate() {
        // A brief has at most a thousand applications.
        if nth % 900 == 0 {
            all.push((posted(engine, book, &format!("past{nth}"), None).await?, n));
        } else if let Some((brief, _)) = all.last().copied() {
            all.push((brief, n));
        }
    }
    contracted(engine, book, &all).await
}

/// The same rows in nine other books, so that what is read is a part of each table.
async fn among_others(client: &Client, log: LogId) -> Result<(), BenchError> {
    let others: Vec<uuid::Uuid> = (0..9).map(|_| uuid::Uuid::now_v7()).collect();
    for sql in [
        include_str!("sql/match_parties.sql"),
        include_str!("sql/match_sales.sql"),
        include_str!("sql/match_contracts.sql"),
        include_str!("sql/match_clicks.sql"),
    ] {
        client.execute(sql, &[&log.0, &others]).await?;
    }
    Ok(())
}

async fn ranked(client: &Client, log: LogId, page: &Page) -> Result<report::MatchesView, BenchError> {
    Ok(report::matches(client, log, Viewer::All, "wanted", report::MONTHS, page).await?)
}

/// The whole order twice, and by pages of 997.
async fn same(client: &Client, log: LogId) -> Result<(usize, bool), BenchError> {
    let mut orders: Vec<Vec<PartyId>> = Vec::new();
    let mut anchors = 0;
    for size in [1_000, 1_000, 997] {
        let (mut order, mut cursor) = (Vec::new(), None);
        loop {
            let view = ranked(client, log, &Page::after(cursor, size)).await?;
            anchors = view.anchors;
            order.extend(view.matches.iter().map(|one| one.anchor));
            cursor = view.next;
            if cursor.is_none() {
                break;
            }
        }
        orders.push(order);
    }
    let first = orders.first().cloned().unwrap_or_default();
    let distinct: BTreeSet<PartyId> = first.iter().copied().collect();
    let whole = first.len() == anchors && distinct.len() == anchors;
    Ok((anchors, whole && orders.iter().all(|order| *order == first)))
}

/// Measures on a database of its own.
pub async fn measure(
    url: &str,
    anchors: u64,
    client: &Client,
    say: &mut dyn FnMut(&str),
) -> Result<Measured, BenchError> {
    let settings = EngineSettings {
        database_url: url.to_owned(),
        readers: 4,
        background: false,
        allow_owner: false,
    };
    let engine = Engine::start(settings).await?;
    let book = BookId(uuid::Uuid::now_v7());
    open(&engine, book, anchors).await?;
    say("anchors are there; selling");
    fill(&engine, book, anchors).await?;
    posted(&engine, book, "wanted", Some("category7".to_owned())).await?;
    let missing = || BenchError::Other("the book is missing".to_owned());
    let log = books::of_book(client, book).await?.ok_or_else(missing)?.money;
    among_others(client, log).await?;
    client.batch_execute("vacuum analyze").await?;
    let (_, plan) = report::match_statement(client, log, "wanted", true).await?;
    let (mut bare, mut page) = (Duration::MAX, Duration::MAX);
    for _ in 0..5 {
        let begun = Clock::now();
        report::match_statement(client, log, "wanted", false).await?;
        bare = bare.min(begun.elapsed());
        let begun = Clock::now();
        ranked(client, log, &Page::first(100)).await?;
        page = page.min(begun.elapsed());
    }
    let (found, same) = same(client, log).await?;
    engine.stop().await;
    Ok(Measured {
        anchors: found,
        lines: anchors * LINES,
        bare,
        page,
        plan,
        same,
    })
}
