//! The cast of a brand's sandbox: one brand, one agency, scripted anchors, a shop with items, and the first calls to try.
//! Must never use a real name, nor give a call that a test does not run.

use super::{name, number};
use crate::base::{BookId, Instant, ItemId, PartyId, PartyKind, ShopId};
use crate::domain::book::{BookMode, BookOpened, Fee, Formula, FormulaBasis, Perspective};
use crate::domain::command::Command;
use crate::domain::order::pin::{FeeOf, Settleable};
use crate::domain::party::{ContractScope, Receiver, Script, Share};
use crate::domain::plan::{PlanKind, Rates, RuleScope, RuleTerms, Subjects};
use crate::money::{Currency, Rounding};

use super::cast::{PLATFORM, percent};

/// The brand's own number.
pub const BRAND: &str = "B1";
/// The agency's.
pub const AGENCY: &str = "G1";
/// Anchors with their scripts, and whether the agency has them under contract.
pub const ANCHORS: [(&str, Script, bool); 5] = [
    ("A1", Script::Steady, true),
    ("A2", Script::Pricey, false),
    ("A3", Script::Late, true),
    ("A4", Script::Disputes, false),
    ("A5", Script::Silent, false),
];
/// Items of the brand's shop.
pub const ITEMS: [&str; 3] = ["item-1", "item-2", "item-3"];
const SHOP: &str = "shop-1";

/// Where the clock stands at first: nine in the morning of 1 June 2026 in Shanghai.
pub fn start() -> Instant {
    let zone = crate::base::Zone::SHANGHAI;
    let june = crate::base::Month { year: 2026, month: 6 };
    zone.midnight(june.first_day()).plus_seconds(9 * 3_600)
}

/// The opening of the book.
pub fn opened(book: BookId, called: crate::base::Name) -> BookOpened {
    BookOpened {
        book,
        name: called,
        perspective: Perspective::Platform,
        mode: BookMode::Sandbox,
        zone: crate::base::Zone::SHANGHAI,
        currencies: vec![Currency::CNY],
        click_logs: 1,
    }
}

/// The commands that fill it, each with its idempotency key, in order.
pub fn steps(book: BookId) -> Vec<(String, Command)> {
    let mut steps = Vec::new();
    let mut step = |what: &str, command: Command| steps.push((format!("sandbox:{what}"), command));
    let party = |kind, no: &str| PartyId::of(book, kind, no);
    let mut everybody = vec![
        (PartyKind::Platform, "ops", "示例平台".to_owned()),
        (PartyKind::Platform, "alimama", "示例联盟平台".to_owned()),
        (PartyKind::Platform, "live", "示例直播平台".to_owned()),
        (PartyKind::Brand, BRAND, "示例品牌".to_owned()),
        (PartyKind::Agency, AGENCY, "示例机构".to_owned()),
    ];
    everybody.extend(ANCHORS.map(|(no, script, _)| (PartyKind::Anchor, no, format!("脚本主播 {}", script.word()))));
    for (kind, no, label) in everybody {
        let register = Command::RegisterParty {
            kind,
            external_id: Some(number(no)),
            name: name(&format!("{label} {no} (sandbox)")),
        };
        step(&format!("party:{no}"), register);
    }
    let owner = party(PartyKind::Platform, "ops");
    step("owner", Command::NameOwner { owner });
    step(
        "formula",
        Command::SetFormula {
            formula: None,
            effective_from: Some(start()),
            terms: Box::new(formula(book)),
        },
    );
    for (no, script, member) in ANCHORS {
        let anchor = party(PartyKind::Anchor, no);
        let script = Some(script);
        step(&format!("script:{no}"), Command::ScriptParty { party: anchor, script });
        if member {
            let contract = contract(anchor, party(PartyKind::Agency, AGENCY));
            step(&format!("contract:{no}"), contract);
        }
    }
    let brand = party(PartyKind::Brand, BRAND);
    step(
        "shop",
        Command::RegisterShop {
            platform: number(PLATFORM),
            shop_no: number(SHOP),
            name: name("示例店铺 (sandbox)"),
            brand,
        },
    );
    for item in ITEMS {
        step(
            item,
            Command::ListItem {
                platform: number(PLATFORM),
                item_no: number(item),
                title: Some(name(&format!("示例商品 {item} (sandbox)"))),
                shop_no: number(SHOP),
                category: Some("beauty".to_owned()),
                from: Some(start()),
            },
        );
    }
    step("rule", rule(book, brand));
    steps
}

fn contract(member: PartyId, upper: PartyId) -> Command {
    Command::SignMembership {
        member,
        upper,
        scope: ContractScope::All,
        share: Share::UpperKeeps(percent(30)),
        receiver: Receiver::Book,
        guarantee: None,
        from: start(),
        to: None,
    }
}

fn rule(book: BookId, brand: PartyId) -> Command {
    Command::PostRule {
        external_id: Some(number("shop-1-general")),
        brand,
        kind: PlanKind::General,
        scope: RuleScope::Shop(ShopId::of(book, PLATFORM, SHOP)),
        currency: Currency::CNY,
        terms: Box::new(RuleTerms {
            subjects: Subjects::Everyone,
            from: start(),
            to: None,
            rates: Rates::Flat(percent(10)),
            first_n: None,
            budget: None,
            cap_per_order: None,
            give_back: false,
            priority: 0,
            locked: false,
            paused: false,
        }),
    }
}

fn formula(book: BookId) -> Formula {
    let fee = |name: &str, taker: &str, rate: u64| Fee {
        name: name.into(),
        taker: PartyId::of(book, PartyKind::Platform, taker),
        rate: percent(rate),
        of: FeeOf::Gross,
    };
    Formula {
        name: "示例公式 (sandbox): 技术服务费 10 %, 直播平台 20 %".into(),
        basis: FormulaBasis::OwnRules,
        payer: None,
        platform: None,
        rounding: Rounding::HalfUp,
        add_back: Vec::new(),
        kept_deposit_is_base: false,
        content_fee: None,
        rates_are_overall: false,
        fees: vec![fee("technical_fee", "alimama", 10), fee("live_share", "live", 20)],
        subsidies: Vec::new(),
        settleable: Settleable::PlatformSettled,
        window_seconds: 15 * 86_400,
        returns_without_order: false,
    }
}

/// The id of an item of the sandbox.
pub fn item(book: BookId, no: &str) -> ItemId {
    ItemId::of(book, PLATFORM, no)
}

/// One call to try.
pub struct Call {
    /// What it does.
    pub says: &'static str,
    /// The whole line, to paste into a shell.
    pub line: String,
}

/// The first five calls of a brand, from a brief to released money. `brand` and `owner` are keys, or shell variables.
pub fn calls(url: &str, book: BookId, brand: &str, owner: &str) -> Vec<Call> {
    let curl = |key: &str, no: u32, path: &str, body: &str| {
        format!(
            "curl -sS {url}{path} -H \"Authorization: Bearer {key}\" -H 'Idempotency-Key: first-{no}' \
             -H 'Content-Type: application/json' -d '{body}'"
        )
    };
    let clock = format!("/v1/books/{book}/clock");
    let call = |says, line| Call { says, line };
    vec![
        call("the brand posts a brief", curl(brand, 1, "/v1/briefs", BRIEF)),
        call(
            "a day passes: the scripted anchors apply",
            curl(owner, 2, &clock, r#"{"to":"2026-06-02T09:00:00+08:00"}"#),
        ),
        call(
            "the brand awards the contract to A1 and sets its money aside",
            curl(
                brand,
                3,
                "/v1/briefs/PO-1/applications/A1/award",
                r#"{"external_id":"C-1","fund":true}"#,
            ),
        ),
        call(
            "two days pass: A1 schedules and delivers",
            curl(owner, 4, &clock, r#"{"to":"2026-06-04T09:00:00+08:00"}"#),
        ),
        call(
            "the brand accepts: the money is released, and shared with A1's agency",
            curl(brand, 5, "/v1/contracts/C-1/accept", "{}"),
        ),
    ]
}

/// The brief of the first call.
const BRIEF: &str = concat!(
    r#"{"external_id":"PO-1","post":true,"brief":{"title":"June live slot","closes_at":"2026-06-03T00:00:00+08:00","#,
    r#""products":[{"platform":"taobao","item":"item-1"}],"#,
    r#""terms":{"form":{"kind":"slot_fee"},"service_fee":"0.05","penalty":"0.2","clocks":{"settle":0},"#,
    r#""deliverables":[{"external_id":"PO-1-1","name":"live slot","fee":{"amount":"10000.00","currency":"CNY"}}]}}}"#,
);
