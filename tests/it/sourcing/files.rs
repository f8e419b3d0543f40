//! The four files of real offers: counts of offers, suppliers, tiers, rejects and rules as their source implies, a second
//! import that adds no event, and a changed price that makes the next version.
//! It must never write beside the files.

use std::path::PathBuf;

use fenzhang::intake::import::Imported;
use fenzhang::intake::tally::Tally;

use crate::import::{Stage, count, data};
use crate::support::folder::Scratch;

const FILES: [&str; 4] = [
    "sourcing/1688-offers-sunglass-tiered.json",
    "sourcing/1688-offers-bags-tiered.json",
    "sourcing/1688-offers-cloths-single-price.json",
    "sourcing/1688-offers-homedecor-range.json",
];

fn files() -> Option<Vec<PathBuf>> {
    FILES.iter().map(|name| data(name)).collect()
}

async fn all(stage: &Stage, files: &[PathBuf]) -> Vec<Tally> {
    let mut tallies = Vec::new();
    for file in files {
        tallies.push(stage.import(file).await.tally);
    }
    tallies
}

/// Rows, offers, tiers, suppliers of the file, suppliers new, repeated rows.
fn figures(tally: &Tally) -> [u64; 6] {
    [
        tally.rows,
        count(tally, "told", "offer"),
        count(tally, "told", "tier"),
        count(tally, "told", "supplier"),
        count(tally, "suppliers new", ""),
        count(tally, "rows left out", "repeated_offer"),
    ]
}

fn rules(tallies: &[Tally], code: &str) -> u64 {
    tallies.iter().map(|tally| count(tally, "rule applied", code)).sum()
}

fn offers(imported: &Imported, state: &str) -> u64 {
    count(&imported.tally, &format!("offers {state}"), "")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_four_offer_files_give_224_offers_of_29_suppliers_with_87_tiers_and_no_reject() {
    let Some(files) = files() else { return };
    let stage = Stage::new("1688-offers").await;
    let tallies = all(&stage, &files).await;
    assert_eq!(
        tallies.iter().map(figures).collect::<Vec<_>>(),
        [
            [20, 20, 50, 16, 16, 0],
            [20, 20, 37, 14, 13, 0],
            [10, 10, 0, 0, 0, 0],
            [187, 174, 0, 0, 0, 13],
        ]
    );
    assert_eq!(tallies.iter().map(Tally::rejected_rows).sum::<u64>(), 0);
    for (code, times) in [
        ("unit_stripped", 34),
        ("tiers_missing", 6),
        ("sale_price_differs", 5),
        ("single_price", 7 + 99),
        ("range_only", 3 + 75),
        ("min_order_unstated", 6),
        ("supplier_unnamed", 184),
        ("company_differs", 5),
        ("tiers_not_monotone", 0),
        ("tier_ends_differ", 0),
        ("supplier_differs", 0),
    ] {
        assert_eq!(rules(&tallies, code), times, "{code}");
    }
    for (sql, rows) in [
        ("select count(*) from offer", 224),
        ("select count(*) from supplier", 29),
        ("select count(*) from event where kind = 'offer.published'", 224),
        ("select count(*) from event where kind = 'party.registered'", 29),
        ("select count(*) from offer where seller_pays", 2 + 48),
        ("select count(*) from supplier where composite is null", 1 + 1),
        ("select count(*) from leg", 0),
    ] {
        assert_eq!(stage.number(sql).await, rows, "{sql}");
    }
    stage.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_import_of_every_file_adds_no_event_and_says_that_nothing_changed() {
    let Some(files) = files() else { return };
    let stage = Stage::new("1688-offers").await;
    all(&stage, &files).await;
    let events = stage.events().await;
    for (file, told) in files.iter().zip([20, 20, 10, 174]) {
        let again = stage.import(file).await;
        assert!(again.again, "the same import is found again");
        assert_eq!(
            (
                offers(&again, "unchanged"),
                offers(&again, "changed"),
                offers(&again, "new")
            ),
            (told, 0, 0)
        );
    }
    assert_eq!(stage.events().await, events);
    // A day later another file says the same in other bytes.
    let folder = Scratch::new("sourcing");
    let text = std::fs::read_to_string(&files[0]).unwrap();
    let other = folder.path().join("again.json");
    std::fs::write(&other, format!("{text}\n\n")).unwrap();
    let again = stage.import(&other).await;
    assert_eq!((again.again, offers(&again, "unchanged")), (false, 20));
    assert_eq!(
        stage.events().await,
        events + 1,
        "the import itself is noted, and no offer"
    );
    stage.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_price_makes_the_next_version_and_going_back_another_one() {
    let Some(files) = files() else { return };
    let stage = Stage::new("1688-offers").await;
    let bags = &files[1];
    assert_eq!(offers(&stage.import(bags).await, "new"), 20);
    let folder = Scratch::new("sourcing");
    let text = std::fs::read_to_string(bags).unwrap();
    let dearer = text.replacen("\"price\": \"36.00\"", "\"price\": \"36.50\"", 1);
    assert_ne!(dearer, text);
    let changed = folder.path().join("changed.json");
    std::fs::write(&changed, dearer).unwrap();
    let second = stage.import(&changed).await;
    assert_eq!((offers(&second, "changed"), offers(&second, "unchanged")), (1, 19));
    let third = stage.import(bags).await;
    assert_eq!((offers(&third, "changed"), offers(&third, "unchanged")), (1, 19));
    let sql = "select version::bigint from offer where product_no = '737342241195'";
    assert_eq!(stage.number(sql).await, 3);
    let prices = stage
        .texts("select substring(payload from '\"from\":200,\"price\":\"[0-9]+\"') from event where kind = 'offer.published' \
            and payload like '%\"737342241195\"%' order by position")
        .await;
    assert_eq!(prices.len(), 3);
    assert!(
        prices[0].ends_with("\"3600\"") && prices[1].ends_with("\"3650\"") && prices[2] == prices[0],
        "{prices:?}"
    );
    let mine = "select count(*) from event where kind = 'offer.published' and correlation like 'imp_%'";
    assert_eq!(
        stage.number(mine).await,
        22,
        "each version names the import that told it"
    );
    stage.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_row_cannot_say_is_rejected_by_its_number_and_code() {
    let stage = Stage::new("1688-offers").await;
    let folder = Scratch::new("sourcing");
    let file = folder.path().join("bad.json");
    let offer = |no: &str, rest: &str| format!("{{\"item_id\": \"{no}\", \"title\": \"包\", {rest}}}");
    let tiers = |tiers: &str| format!("\"price_info\": {{}}, \"quantity_prices\": [{tiers}]");
    let tier = |from: &str, to: &str, price: &str| {
        format!("{{\"begin_num\": \"{from}\", \"end_num\": \"{to}\", \"price\": \"{price}\"}}")
    };
    let rows = [
        offer(
            "1",
            &tiers(&[tier("1", "9副", "5.00"), tier("10副", "", "5.50")].join(",")),
        ),
        offer("2", &tiers(&tier("一", "", "5.00"))),
        offer("3", &tiers(&tier("1", "", "5.001"))),
        offer("4", &tiers(&[tier("1", "", "5.00"), tier("1", "", "4.00")].join(","))),
        offer("5", &tiers("")),
        offer("1", &tiers(&tier("1", "", "9.00"))),
        offer(
            "6",
            "\"price_info\": {\"price_min\": \"9.00\", \"price_max\": \"3.00\"}",
        ),
        offer("7", &tiers(&[tier("1", "5", "5.00"), tier("10", "", "4.00")].join(","))),
    ];
    std::fs::write(&file, format!("[{}]", rows.join(","))).unwrap();
    let tally = stage.import(&file).await.tally;
    let rejected: Vec<(u64, &str)> = tally
        .first_rejected()
        .iter()
        .map(|(row, fault)| (*row, fault.code))
        .collect();
    assert_eq!(
        rejected,
        [
            (2, "value_form"),
            (3, "price_decimals"),
            (4, "tiers_order"),
            (5, "price_missing"),
            (6, "offer_differs"),
            (7, "range_order"),
        ]
    );
    assert_eq!(count(&tally, "rule applied", "tiers_not_monotone"), 1);
    assert_eq!(count(&tally, "rule applied", "tier_ends_differ"), 1);
    assert_eq!(stage.number("select count(*) from offer").await, 2);
}
