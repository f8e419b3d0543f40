//! The pool's search measured: generated entries beside real ones, first pages beside the bare index of the same run.
//! It must never generate an entry whose title does not say 生成.

use std::time::{Duration, Instant as Clock};

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use super::BenchError;
use super::close::{terms_of_rule, terms_of_split};
use crate::base::words::words;
use crate::base::{BookId, LogId, Name, PartyId, PartyKind, ShopId, Zone};
use crate::domain::book::{BookMode, BookOpened, Perspective};
use crate::domain::command::Command;
use crate::domain::plan::{PlanKind, RuleScope};
use crate::domain::pool::{Entry, Kind, PoolTerms};
use crate::domain::pooling::PoolCommand;
use crate::engine::{Engine, EngineSettings, Meta};
use crate::money::{Currency, Minor, Rate, Rounding};
use crate::report::{self, POOL_CAP, Page, PoolAsk, PoolSort, Viewer};
use crate::sample::rng::Rng;
use crate::store::books;
use crate::store::rows::{PoolEntries, entry_row};

/// Entries of one COPY.
const CHUNK: u64 = 20_000;
/// Items that go the whole way: listed, ruled, shown.
const REAL: u64 = 100;
const PLATFORM: &str = "bench";

/// Words of titles, the frequent ones first.
const COMMON: &[&str] = &[
    "防晒", "面膜", "补水", "保湿", "口红", "精华", "洁面", "眼霜", "唇釉", "粉底", "男士", "女士", "儿童", "夏季",
    "冬季", "新款", "加厚", "宽松", "休闲", "运动", "跑步", "户外", "露营", "帐篷", "水杯", "保温", "玩具", "积木",
    "拼图", "零食", "坚果", "饼干", "牛肉", "茶叶", "红茶", "绿茶", "咖啡", "厨房", "收纳", "纸巾", "毛巾", "床单",
    "枕头", "窗帘", "台灯", "耳机", "键盘", "鼠标", "背包", "雨伞",
];
/// Characters of rarer words.
const RARE: &str = "锦绣云溪松竹梅兰霜雪晴岚墨砚琴棋书画青瓷素陶禾苗稻穗麦芒桑榆槐柳枫荷菱藕莲芝杏桃李枣栗榛核樱橙柚柑橘柠檬椰蕉莓葡萄瓜果蔬菌菇笋蒜姜葱";
const BRANDS: &[&str] = &[
    "lumisoft",
    "velmora",
    "kintaro",
    "nordheim",
    "pavesi",
    "quillan",
    "serovia",
    "tamarix",
    "umbrelle",
    "wexford",
    "yarrow",
    "zephyra",
    "bellissa",
    "corvane",
    "dulcinea",
    "evercrest",
    "fernhill",
    "glasswing",
    "harborlight",
    "lipstick",
];

/// What is measured, and where.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Generated entries.
    pub entries: u64,
    /// Rounds: each asks everything once, the bare index beside the search.
    pub rounds: u64,
    /// A database of its own.
    pub url: String,
}

/// One question measured.
#[derive(Clone, Debug)]
pub struct Asked {
    /// In words.
    pub what: String,
    /// How many match, as shown.
    pub found: String,
    /// The first page, counted and with facets: the median.
    pub page: Duration,
    /// Slowest of the rounds.
    pub slowest: Duration,
    /// The bare index: the median.
    pub bare: Duration,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Entries of the pool, and their size.
    pub loaded: (i64, String),
    /// How long generating and loading took.
    pub took: Duration,
    /// Every question.
    pub asked: Vec<Asked>,
    /// Plans of the worst first page.
    pub plans: Vec<String>,
    /// Which one it is.
    pub worst: String,
}

fn id<T: std::str::FromStr>(text: &str) -> Result<T, BenchError>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(BenchError::other)
}

fn pick<'a>(words: &[&'a str], place: u64) -> &'a str {
    let place = usize::try_from(place).unwrap_or(0);
    words.get(place).copied().unwrap_or("好物")
}

fn title(rng: &mut Rng) -> String {
    let mut title = String::new();
    if rng.chance(40) {
        title.push_str(pick(BRANDS, rng.below(20)));
        title.push(' ');
    }
    for _ in 0..rng.between(2, 4) {
        let most = u64::try_from(COMMON.len()).unwrap_or(1);
        title.push_str(pick(COMMON, rng.skewed(most)));
    }
    let rare: Vec<char> = RARE.chars().collect();
    for _ in 0..rng.between(0, 4) {
        let place = usize::try_from(rng.below(u64::try_from(rare.len()).unwrap_or(1))).unwrap_or(0);
        title.extend(rare.get(place));
    }
    title.push_str(" 生成");
    title
}

/// A generated entry.
fn generated(number: u64, rng: &mut Rng) -> Entry {
    // Prices over six powers of two, cheap ones more often.
    let price = 500_i64 << rng.skewed(9);
    let price = price + rng.between(0, price);
    let rate = Rate::from_ppm(u32::try_from(rng.between(10_000, 500_000)).unwrap_or(0)).unwrap_or_default();
    let commission = rate.of(Minor(price), Rounding::HalfUp).ok();
    Entry {
        id: Uuid::from_u128(0x6765_6e65_7261_7465_6400_0000_0000_0000 | u128::from(number)),
        kind: if rng.chance(50) { Kind::Item } else { Kind::Offer },
        owner: None,
        shop: None,
        title: title(rng),
        also: None,
        category: Some(format!("类目{}", rng.skewed(40))),
        currency: Currency::CNY,
        price: Some(Minor(price)),
        rate: Some(rate),
        commission,
        margin: commission.map(|commission| Minor(commission.0 * 9 / 10)),
        sales: Some(u32::try_from(1_u64 << rng.skewed(17)).unwrap_or(1) + u32::try_from(rng.below(50)).unwrap_or(0)),
        refund_rate: rng
            .chance(80)
            .then(|| Rate::from_ppm(u32::try_from(rng.below(300_000)).unwrap_or(0)).unwrap_or_default()),
        score: rng
            .chance(90)
            .then(|| u16::try_from(rng.between(3_000, 5_000)).unwrap_or(0)),
        min_order: u32::try_from(rng.between(1, 200)).unwrap_or(1),
        ships_within: [Some(24), Some(48), Some(72), None]
            .get(usize::try_from(rng.below(4)).unwrap_or(0))
            .copied()
            .flatten(),
        dropship: rng.chance(30),
        sample: rng.chance(40),
        stock: Some(rng.below(10_000)),
        listed: true,
        due: None,
    }
}

/// Loads generated entries into a log's pool, by COPY, and lets the planner count them.
pub async fn generate(client: &mut Client, log: LogId, entries: u64) -> Result<(), BenchError> {
    let mut rng = Rng::new(6);
    let mut next = 0;
    while next < entries {
        let end = (next + CHUNK).min(entries);
        let mut rows = PoolEntries::default();
        for number in next..end {
            rows.push(entry_row(
                generated(number, &mut rng),
                i64::try_from(number).unwrap_or(0),
            ));
        }
        let transaction = client.transaction().await?;
        rows.copy(&transaction, "copy pool_entry from stdin (format binary)", &log.0)
            .await?;
        transaction.commit().await?;
        next = end;
    }
    client.batch_execute("vacuum analyze pool_entry").await?;
    Ok(())
}

/// A book with a brand whose real items go the whole way into the pool.
async fn real(engine: &Engine, book: BookId) -> Result<(), BenchError> {
    let opened = BookOpened {
        book,
        name: id("bench")?,
        perspective: Perspective::Platform,
        mode: BookMode::Live,
        zone: Zone::SHANGHAI,
        currencies: vec![Currency::CNY],
        click_logs: 1,
    };
    engine.open_book(opened, None, Meta::system("bench")).await?;
    let register = |kind: PartyKind, number: &str| -> Result<Command, BenchError> {
        Ok(Command::RegisterParty {
            kind,
            name: id(number)?,
            external_id: Some(id(number)?),
        })
    };
    let brand = PartyId::of(book, PartyKind::Brand, "brand");
    let mut commands = vec![
        register(PartyKind::Brand, "brand")?,
        register(PartyKind::Platform, "fee")?,
        Command::RegisterShop {
            platform: id(PLATFORM)?,
            shop_no: id("shop")?,
            name: id("shop")?,
            brand,
        },
        Command::SetFormula {
            formula: None,
            effective_from: None,
            terms: Box::new(terms_of_split(book)?),
        },
        rule(book, brand)?,
    ];
    for number in 0..REAL {
        let item = crate::base::ItemId::of(book, PLATFORM, &number.to_string());
        let name: Name = id(&format!("{}补水面膜第{number}号", pick(BRANDS, number % 20)))?;
        commands.push(Command::ListItem {
            platform: id(PLATFORM)?,
            item_no: id(&number.to_string())?,
            title: Some(name),
            shop_no: id("shop")?,
            category: Some("美妆".to_owned()),
            from: None,
        });
        commands.push(
            PoolCommand::List {
                item,
                terms: Box::new(published(i64::try_from(number).unwrap_or(0))),
            }
            .into(),
        );
    }
    for command in commands {
        engine.submit(book, command, Meta::system("bench")).await?;
    }
    Ok(())
}

fn published(number: i64) -> PoolTerms {
    PoolTerms {
        currency: Currency::CNY,
        price: Minor(5_000 + number * 100),
        coupon_price: None,
        sales: Some(100),
        refund_rate: Some(Rate::from_ppm(80_000).unwrap_or_default()),
        score: Some(4_800),
        min_order: None,
        ships_within: Some(48),
        dropship: true,
        sample: true,
        stock: Some(1_000),
        freight: None,
    }
}

fn rule(book: BookId, brand: PartyId) -> Result<Command, BenchError> {
    Ok(Command::PostRule {
        external_id: None,
        brand,
        kind: PlanKind::General,
        scope: RuleScope::Shop(ShopId::of(book, PLATFORM, "shop")),
        currency: Currency::CNY,
        terms: Box::new(terms_of_rule(id("2026-01-01T00:00:00+08:00")?)?),
    })
}

/// The questions: words from the rarest to one that every generated entry has, alone, with filters, in every order, mistyped.
pub fn questions() -> Vec<(&'static str, PoolAsk)> {
    let ask = |text: &str| PoolAsk {
        text: Some(text.to_owned()),
        ..PoolAsk::all(Currency::CNY)
    };
    let filtered = |text: &str| PoolAsk {
        categories: vec!["类目1".to_owned(), "类目2".to_owned()],
        price_from: Some(Minor(5_000)),
        price_to: Some(Minor(20_000)),
        rate_from: Some(Rate::from_ppm(200_000).unwrap_or_default()),
        score_from: Some(4_000),
        dropship: true,
        sort: PoolSort::Commission,
        ..ask(text)
    };
    let sorted = |text: &str, sort: PoolSort| PoolAsk { sort, ..ask(text) };
    let cheap = PoolAsk {
        price_to: Some(Minor(2_000)),
        sort: PoolSort::Commission,
        ..ask("防晒")
    };
    vec![
        ("two characters, rare", ask("云溪")),
        ("two characters, frequent", ask("雨伞")),
        ("two characters, very frequent", ask("防晒")),
        ("two characters in every entry", ask("生成")),
        ("four characters", ask("防晒面膜")),
        ("six characters", ask("防晒面膜补水")),
        ("two characters, six filters", filtered("防晒")),
        ("four characters, six filters", filtered("防晒面膜")),
        ("by commission", sorted("防晒", PoolSort::Commission)),
        ("by rate", sorted("防晒", PoolSort::Rate)),
        ("by sales", sorted("防晒", PoolSort::Sales)),
        ("by price", sorted("防晒", PoolSort::Price)),
        ("by highest price", sorted("防晒", PoolSort::Dearest)),
        ("by score", sorted("防晒", PoolSort::Score)),
        ("cheap, by commission", cheap),
        ("a Latin word", ask("velmora")),
        ("a wrong letter", ask("velnora")),
        ("a missing letter with Chinese", ask("lipstik 防晒")),
    ]
}

async fn bare(client: &Client, log: LogId, ask: &PoolAsk, forgiven: bool) -> Result<Duration, BenchError> {
    let found = words(ask.text.as_deref().unwrap_or_default());
    let limit = POOL_CAP + 1;
    let begun = Clock::now();
    if forgiven {
        let word = found.latin.first().cloned().unwrap_or_default();
        let params: [&(dyn ToSql + Sync); 3] = [&log.0, &word, &limit];
        client.query_one(include_str!("sql/bare_letters.sql"), &params).await?;
    } else {
        let params: [&(dyn ToSql + Sync); 3] = [&log.0, &found.exact, &limit];
        client.query_one(include_str!("sql/bare_words.sql"), &params).await?;
    }
    Ok(begun.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Asks everything in interleaved rounds, after one that only warms.
async fn ask_all(client: &Client, log: LogId, rounds: u64) -> Result<Vec<Asked>, BenchError> {
    let questions = questions();
    let page = Page::first(50);
    let mut times: Vec<(Vec<Duration>, Vec<Duration>, String)> = vec![Default::default(); questions.len()];
    for round in 0..=rounds {
        for ((_, ask), (pages, bares, found)) in questions.iter().zip(&mut times) {
            let begun = Clock::now();
            let view = report::pool(client, log, Viewer::All, ask, &page).await?;
            let took = begun.elapsed();
            let alone = bare(client, log, ask, view.forgiven).await?;
            if round > 0 {
                pages.push(took);
                bares.push(alone);
            }
            *found = view.found.map_or_else(String::new, |found| found.total.shown);
        }
    }
    let told = questions.into_iter().zip(times);
    Ok(told
        .map(|((what, _), (pages, bares, found))| Asked {
            what: what.to_owned(),
            found,
            slowest: pages.iter().max().copied().unwrap_or_default(),
            page: median(pages),
            bare: median(bares),
        })
        .collect())
}

/// Measures.
pub async fn measure(measure: &Measure, say: &mut dyn FnMut(&str)) -> Result<Measured, BenchError> {
    let settings = EngineSettings {
        database_url: measure.url.clone(),
        readers: 4,
        background: false,
        allow_owner: true,
    };
    let engine = Engine::start(settings).await?;
    let book = BookId(Uuid::now_v7());
    real(&engine, book).await?;
    let (mut owner, connection) = tokio_postgres::connect(&measure.url, NoTls).await?;
    let driver = tokio::spawn(connection);
    let missing = || BenchError::Other("the book is missing".to_owned());
    let log = books::of_book(&owner, book).await?.ok_or_else(missing)?.money;
    say("the real entries are there; generating the others beside them");
    let begun = Clock::now();
    generate(&mut owner, log, measure.entries).await?;
    let took = begun.elapsed();
    let row = owner.query_one(include_str!("sql/pool_loaded.sql"), &[&log.0]).await?;
    let loaded = (row.try_get(0)?, row.try_get(1)?);
    drop(owner);
    let _ = driver.await;
    say("asking");
    let client = engine.pool().get().await.map_err(BenchError::other)?;
    let asked = ask_all(&client, log, measure.rounds).await?;
    let worst = asked.iter().max_by_key(|one| one.page).map(|one| one.what.clone());
    let worst = worst.unwrap_or_default();
    let ask = questions().into_iter().find(|(what, _)| **what == worst);
    let plans = match ask {
        Some((_, ask)) => report::pool_plans(&client, log, Viewer::All, &ask, true).await?,
        None => Vec::new(),
    };
    drop(client);
    engine.stop().await;
    Ok(Measured {
        loaded,
        took,
        asked,
        plans,
        worst,
    })
}
