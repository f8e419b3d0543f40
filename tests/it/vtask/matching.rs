//! Anchors for a brief: the order, its pages, what a brand sees of others, and the sums behind it.
//! It must never compute a point or a range: it looks at what the interface says about figures that it made.

use std::collections::BTreeSet;

use fenzhang::base::PartyKind;
use fenzhang::domain::command::Command;
use fenzhang::domain::person::Role;
use fenzhang::engine::Meta;
use serde_json::json;

use super::race::verified;
use super::*;
use crate::acceptance::stage::{fact, paying, refund};
use crate::http::server::{issue, register};

const ANCHORS: usize = 500;
const SELLING: usize = 400;

fn number(n: usize) -> String {
    format!("M{n:03}")
}

/// 500 anchors of whom 400 sold one mask each at 60.00 to 79.95, every fifth with half of it refunded, and every tenth a
/// cake too.
async fn market() -> Stage {
    let stage = Stage::open().await;
    for (item, category) in [("mask", "beauty"), ("cake", "food")] {
        let body = json!({"platform": "taobao", "external_id": item, "shop": "shop", "category": category,
            "from": "2026-01-01T00:00:00+08:00"});
        stage.accepted("/v1/products", body).await;
    }
    let anchors = (0..ANCHORS).map(|n| {
        let command = Command::RegisterParty {
            kind: PartyKind::Anchor,
            external_id: Some(number(n).parse().unwrap()),
            name: number(n).parse().unwrap(),
        };
        stage
            .server
            .engine
            .submit(stage.server.book, command, Meta::system("test"))
    });
    for answer in futures_util::future::join_all(anchors).await {
        answer.unwrap();
    }
    let at = "2026-06-01T09:00:00+08:00";
    let sale = |line: &str, item: &str, n: usize, amount: &str| {
        let more = json!({"item_no": item, "promoter": number(n)});
        [
            with(paying(line, "created", at, amount), more.clone()),
            with(paying(line, "paid", at, amount), more),
        ]
    };
    let mut facts = Vec::new();
    for n in 0..SELLING {
        let fen = 6_000 + 5 * n;
        let amount = format!("{}.{:02}", fen / 100, fen % 100);
        facts.extend(sale(&format!("L{n}"), "mask", n, &amount));
        if n % 5 == 0 {
            let half = format!("{}.{:02}", fen / 200, (fen / 2) % 100);
            let more = json!({"item_no": "mask"});
            facts.push(with(
                refund(&format!("L{n}"), "case", "2026-06-01T10:00:00+08:00", &half),
                more,
            ));
        }
        if n % 10 == 0 {
            facts.extend(sale(&format!("K{n}"), "cake", n, "3000.00"));
        }
    }
    stage.applied(&facts).await;
    stage
}

/// A brief for masks at 66.00, by the brand that has a key of its own.
async fn mask_brief(stage: &Stage, number: &str, more: Value) {
    let brand = stage.server.parties[&Role::Brand].to_string();
    let products = json!([{"platform": "taobao", "item": "mask", "list_price": cny("66.00")}]);
    let says = json!({"title": "Mask", "category": "beauty", "products": products, "terms": slot_fee(&["100.00"]),
        "closes_at": CLOSES});
    let body = json!({"external_id": number, "brand": brand, "brief": with(says, more)});
    stage.accepted("/v1/briefs", body).await;
    stage.accepted(&format!("/v1/briefs/{number}/post"), json!({})).await;
}

async fn seen(stage: &Stage, role: Role, path: &str) -> Value {
    let (status, body) = stage.server.get(role, path).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

fn ids(view: &Value) -> Vec<String> {
    let all = view["matches"].as_array().unwrap();
    all.iter()
        .map(|one| one["anchor"].as_str().unwrap().to_owned())
        .collect()
}

fn named<'a>(view: &'a Value, name: &str) -> &'a Value {
    let all = view["matches"].as_array().unwrap();
    all.iter()
        .find(|one| one["name"] == name)
        .unwrap_or_else(|| panic!("{name} is missing"))
}

fn figure<'a>(one: &'a Value, name: &str) -> &'a Value {
    let all = one["figures"].as_array().unwrap();
    all.iter()
        .find(|figure| figure["figure"] == name)
        .unwrap_or_else(|| panic!("no {name}"))
}

/// Three delivered contracts of anchor A, rated five, four and five stars.
async fn seasoned(stage: &Stage) {
    for (n, stars) in [("s1", 5), ("s2", 4), ("s3", 5)] {
        let mut terms = slot_fee(&["100.00"]);
        terms["deliverables"][0]["due"] = json!("2026-06-05T00:00:00+08:00");
        funded(stage, n, terms).await;
        delivered(stage, n, 0, json!({})).await;
        done(stage, n, "accept", json!({})).await;
        done(stage, n, "rate", json!({"stars": stars, "side": "brand"})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_anchors_are_ranked_the_same_twice_and_page_by_page_and_a_brand_sees_ranges_only() {
    let stage = market().await;
    seasoned(&stage).await;
    mask_brief(&stage, "b1", json!({})).await;
    let card = json!({"fee": cny("80.00"), "level": 6, "segments": ["city"], "shows": ["sales"]});
    stage.accepted("/v1/parties/M001/card", card).await;
    stage.accepted("/v1/parties/M002/card", json!({"listed": false})).await;
    let path = "/v1/briefs/b1/matches";
    let all = seen(&stage, Role::Owner, &format!("{path}?limit=1000")).await;
    assert_eq!(all, seen(&stage, Role::Owner, &format!("{path}?limit=1000")).await);
    // 500 of the market without the hidden one, anchor A, and the one with a key.
    assert_eq!((&all["anchors"], ids(&all).len()), (&json!(501), 501));
    assert_eq!(ids(&all).into_iter().collect::<BTreeSet<_>>().len(), 501);
    assert_eq!(
        (&all["price_bands"], &all["from_month"]),
        (&json!(["50-100"]), &json!("2025-07"))
    );
    // The book sees figures as they are, cakes apart.
    let tenth = named(&all, "M010");
    assert_eq!(figure(tenth, "sales")["value"], "60.50");
    assert_eq!(figure(tenth, "refunds")["value"], "50.00");
    assert_eq!(figure(tenth, "rating")["source"], "unknown");
    let own = named(&all, "A");
    assert_eq!(
        (&own["newcomer"], figure(own, "rating")["value"].as_str()),
        (&json!(false), Some("4.66"))
    );
    assert_eq!(figure(own, "punctuality")["value"], "100.00");
    // Every fifth place is offered to a newcomer, and all but A are newcomers.
    for one in all["matches"].as_array().unwrap() {
        let fifth = one["rank"].as_u64().unwrap().is_multiple_of(5);
        assert_eq!(one["place"], if fifth { "newcomer" } else { "merit" }, "{one}");
    }
    // A brand's pages are the same order, without a point and without a digit that nobody published.
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let view = seen(&stage, Role::Brand, &format!("{path}?limit=137{cursor}")).await;
        for one in view["matches"].as_array().unwrap() {
            assert_eq!(one.get("score"), None, "{one}");
            for figure in one["figures"].as_array().unwrap() {
                let open = one["name"] == "M001" && figure["figure"] == "sales";
                assert_eq!(figure.get("value").is_some(), open, "{one}");
                let parties = figure["range"].get("parties").and_then(Value::as_u64);
                assert!(parties.is_none_or(|parties| parties >= 5), "{figure}");
                let known = figure["source"] != "unknown" && !open;
                assert!(
                    !known || parties.is_some() || figure["withheld"] == "fewer_than_five_parties",
                    "{figure}"
                );
            }
        }
        paged.extend(ids(&view));
        let Some(next) = view["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, ids(&all));
    // What one anchor alone has is no range.
    let view = seen(&stage, Role::Brand, &format!("{path}?limit=1000")).await;
    assert_eq!(
        figure(named(&view, "A"), "rating")["withheld"],
        "fewer_than_five_parties"
    );
    assert_eq!(figure(named(&view, "M001"), "sales")["value"], "60.05");
    assert_eq!(
        named(&view, "M001")["asks"],
        json!({"fee": cny("80.00"), "source": "published"})
    );
    verified(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_brand_of_a_brief_and_the_book_look_for_anchors_and_filters_leave_out_whom_it_is_not_for() {
    let stage = Stage::open().await;
    stage.party("anchor", "C").await;
    let agency = json!({"agency": "G", "level": 3});
    mask_brief(&stage, "b1", json!({"filters": agency})).await;
    let path = "/v1/briefs/b1/matches";
    assert_eq!(
        ids(&seen(&stage, Role::Brand, path).await).len(),
        1,
        "only A is under G"
    );
    stage.accepted("/v1/parties/A/card", json!({"level": 2})).await;
    assert_eq!(ids(&seen(&stage, Role::Brand, path).await).len(), 0);
    for role in [Role::Anchor, Role::Agency, Role::Supplier] {
        assert_eq!(stage.server.get(role, path).await.0, 403, "{role:?}");
    }
    let brand = register(&stage.server.engine, stage.server.book, PartyKind::Brand).await;
    let key = issue(&stage.server.engine, stage.server.book, Role::Brand, Some(brand)).await;
    let url = format!("{}{path}", stage.server.base);
    let other = stage.server.client.get(&url).bearer_auth(&key).send().await.unwrap();
    assert_eq!(other.status(), 404, "another brand finds no such brief");
    // An anchor publishes its own card, and no other's.
    let own = stage.server.parties[&Role::Anchor];
    let card = json!({"fans": 10});
    let (status, _) = stage
        .server
        .post(Role::Anchor, &format!("/v1/parties/{own}/card"), "k1", &card)
        .await;
    assert_eq!(status, 200);
    let (status, _) = stage.server.post(Role::Anchor, "/v1/parties/C/card", "k2", &card).await;
    assert_eq!(status, 404);
    // The report is the same list, and takes no part in what its route forbids.
    let report = "/v1/reports/matches?brief=b1&format=csv";
    assert_eq!(stage.server.get(Role::Anchor, report).await.0, 404);
    let request = stage.server.request(Role::Brand, "GET", report).send().await.unwrap();
    assert!(request.text().await.unwrap().starts_with("\u{feff}rank,"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_of_anchors_follow_refunds_closings_and_late_clicks_as_a_fold_of_the_log_does() {
    let stage = Stage::open().await;
    stage.party("anchor", "C").await;
    stage.rule("general", "0.1", json!({})).await;
    mask_brief(&stage, "b1", json!({"category": null, "products": []})).await;
    stage.clock("2026-06-02T12:00:00+08:00").await;
    let sold = |view: &Value, name: &str| figure(named(view, name), "sales")["value"].clone();
    let path = "/v1/briefs/b1/matches";
    for (n, by) in [(1, "A"), (2, "C")] {
        let buyer = format!("buyer{n}");
        stage.clicked_by(by, &buyer, "item", "2026-06-01T12:30:00+08:00").await;
        let of = |fact| with(fact, json!({"buyer": buyer}));
        let (line, at) = (format!("L{n}"), "2026-06-01T13:00:00+08:00");
        let facts = [
            of(paying(&line, "created", at, "80.00")),
            of(paying(&line, "paid", at, "80.00")),
        ];
        stage.applied(&facts).await;
    }
    let view = stage.get(path).await;
    assert_eq!((sold(&view, "A"), sold(&view, "C")), (json!("80.00"), json!("80.00")));
    verified(&stage).await;
    // A closed order is no sale; the sum that came to nothing is no row.
    let closed = with(
        fact("L2", "closed", "2026-06-01T14:00:00+08:00"),
        json!({"buyer": "buyer2"}),
    );
    stage.applied(&[closed]).await;
    assert_eq!(sold(&stage.get(path).await, "C"), Value::Null);
    verified(&stage).await;
    // A late click gives the line to another anchor.
    stage
        .clicked_by("C", "buyer1", "item", "2026-06-01T12:45:00+08:00")
        .await;
    for _ in 0..100 {
        if sold(&stage.get(path).await, "C") == json!("80.00") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let view = stage.get(path).await;
    assert_eq!((sold(&view, "A"), sold(&view, "C")), (Value::Null, json!("80.00")));
    verified(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_programme_is_awarded_before_its_anchor_is_known_and_a_guest_needs_the_brands_consent() {
    let stage = Stage::open().await;
    stage.party("anchor", "guest").await;
    brief(&stage, "b1", slot_fee(&["100.00"]), json!({})).await;
    let quote = with(slot_fee(&["100.00"]), json!({"programme": "PGC-1"}));
    let apply = json!({"party": "G", "side": "anchor", "terms": quote});
    stage.accepted("/v1/briefs/b1/applications", apply).await;
    let award = json!({"external_id": "c1"});
    let awarded = stage.accepted("/v1/briefs/b1/applications/G/award", award).await["contract"].clone();
    assert_eq!(
        (&awarded["terms"]["programme"], awarded.get("anchor")),
        (&json!("PGC-1"), None)
    );
    done(&stage, "c1", "fund", json!({"amount": cny("105.00")})).await;
    // A guest of no agency is proposed, and does nothing before the brand consents.
    let proposed = done(&stage, "c1", "assign", json!({"anchor": "guest"})).await;
    assert_eq!(proposed.get("anchor"), None, "{proposed}");
    assert_eq!(
        refused(&stage, "c1", "schedule", json!({})).await,
        (409, "anchor_needed".to_owned())
    );
    done(&stage, "c1", "decline-anchor", json!({})).await;
    // A member is assigned at once; replacing it needs consent again.
    done(&stage, "c1", "assign", json!({"anchor": "A"})).await;
    done(&stage, "c1", "assign", json!({"anchor": "guest"})).await;
    done(&stage, "c1", "consent", json!({})).await;
    delivered(&stage, "c1", 0, json!({})).await;
    done(&stage, "c1", "accept", json!({})).await;
    // Shared by the guest's own contracts at the assignment: it has none.
    stage.holds("guest", &[("available", "100.00")]).await;
    stage.holds("A", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_about_matching_says_the_rules_that_are_used() {
    let stage = Stage::open().await;
    mask_brief(&stage, "b1", json!({})).await;
    let rules = stage.get("/v1/briefs/b1/matches").await["rules"].clone();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/vtask-matching.md");
    let page = std::fs::read_to_string(path).unwrap();
    for weight in rules["weights"].as_array().unwrap() {
        let row = format!("| `{}` | {} |", weight["figure"].as_str().unwrap(), weight["weight"]);
        assert!(page.contains(&row), "{row}");
    }
    let newcomers = format!("fewer than {} delivered contracts", rules["newcomer_below"]);
    assert!(page.contains(&newcomers) && page.contains(&format!("Every {}th place", rules["newcomer_every"])));
    assert_eq!(rules["least_parties"], 5);
}
