//! Plans of the pool's search over generated entries: every question goes through an index, and shows the same entries
//! whichever way its pages are found.
//! It must never assert times; the figures of a million entries are `fenzhang bench --pool-entries`.

use std::collections::BTreeSet;

use fenzhang::base::LogId;
use fenzhang::bench::pool::{generate, questions};
use fenzhang::money::{Currency, Minor};
use fenzhang::report::{Page, PoolAsk, PoolSort, Viewer, pool, pool_plans};
use fenzhang::store::connect::{TakeRole, connect};
use uuid::Uuid;

use crate::support::pg::{TestDb, fresh_db};

const ENTRIES: u64 = 20_000;

async fn grown() -> (TestDb, LogId) {
    let db = fresh_db().await;
    let mut client = db.client().await;
    let log = LogId(Uuid::from_u128(7));
    client
        .execute(
            "insert into log (log, book, shard, sandbox, recorded_at, root) values ($1, $1, 0, false, now(), '')",
            &[&log.0],
        )
        .await
        .unwrap();
    generate(&mut client, log, ENTRIES).await.unwrap();
    (db, log)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_question_goes_through_an_index() {
    let (db, log) = grown().await;
    let client = connect(db.url(), TakeRole::Application).await.unwrap();
    for (what, ask) in questions() {
        let plans = pool_plans(&client, log, Viewer::All, &ask, false).await.unwrap();
        let [letters @ .., counted, shown] = plans.as_slice() else {
            panic!("two statements at least");
        };
        assert!(!shown.contains("Seq Scan on pool_entry"), "{what}:\n{shown}");
        // What every entry has is counted to the cap from any of them.
        if what != "two characters in every entry" {
            assert!(!counted.contains("Seq Scan on pool_entry"), "{what}:\n{counted}");
            let through = [
                "pool_by_words",
                "pool_by_letters",
                "pool_by_commission",
                "pool_by_price",
            ];
            assert!(
                through.iter().any(|index| counted.contains(index)),
                "{what}:\n{counted}"
            );
        }
        let mistyped = ["a wrong letter", "a missing letter with Chinese"].contains(&what);
        assert_eq!(letters.len(), usize::from(mistyped), "{what}");
        assert!(
            letters.iter().all(|plan| plan.contains("pool_by_letters")),
            "{what}:\n{letters:?}"
        );
        if ["two characters, rare", "four characters", "six characters"].contains(&what) {
            assert!(counted.contains("pool_by_words"), "{what}:\n{counted}");
            assert!(shown.contains("pool_by_words"), "{what}:\n{shown}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_common_is_counted_to_the_cap_and_met_along_the_index_of_its_order() {
    let (db, log) = grown().await;
    let client = connect(db.url(), TakeRole::Application).await.unwrap();
    for (sort, index) in [
        (PoolSort::Match, "pool_by_sales"),
        (PoolSort::Commission, "pool_by_commission"),
        (PoolSort::Rate, "pool_by_rate"),
        (PoolSort::Sales, "pool_by_sales"),
        (PoolSort::Price, "pool_by_price"),
        (PoolSort::Dearest, "pool_by_price"),
        (PoolSort::Score, "pool_by_score"),
    ] {
        let ask = PoolAsk {
            text: Some("生成".to_owned()),
            sort,
            ..PoolAsk::all(Currency::CNY)
        };
        let plans = pool_plans(&client, log, Viewer::All, &ask, false).await.unwrap();
        assert!(
            plans[1].contains(index) && !plans[1].contains("Sort"),
            "{sort:?}:\n{}",
            plans[1]
        );
        let view = pool(&client, log, Viewer::All, &ask, &Page::first(20)).await.unwrap();
        assert_eq!(view.found.unwrap().total.shown, "10,000+");
        assert_eq!(view.entries.len(), 20);
    }
}

/// Every entry of a question, page by page.
async fn all(client: &tokio_postgres::Client, log: LogId, ask: &PoolAsk) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut page = Page::first(1_000);
    loop {
        let view = pool(client, log, Viewer::All, ask, &page).await.unwrap();
        let key = |entry: &fenzhang::report::PoolEntryView| match ask.sort {
            PoolSort::Commission => entry.commission.as_ref().map(|money| money.amount.clone()),
            PoolSort::Price | PoolSort::Dearest => entry.price.as_ref().map(|money| money.amount.clone()),
            PoolSort::Rate => entry.rate.clone(),
            PoolSort::Score => entry.score.clone(),
            PoolSort::Sales | PoolSort::Match => entry.sales.map(|sales| sales.to_string()),
        };
        found.extend(
            view.entries
                .iter()
                .map(|entry| (entry.entry.clone(), key(entry).unwrap_or_default())),
        );
        match view.next {
            Some(next) => page = Page::after(Some(next), 1_000),
            None => return found,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_both_ways_show_every_entry_once_and_in_order() {
    let (db, log) = grown().await;
    let client = connect(db.url(), TakeRole::Application).await.unwrap();
    // More than the cap match, so these pages walk; what costs at most 10 yuan is less, so those pages sort.
    let many = PoolAsk {
        text: Some("生成".to_owned()),
        sort: PoolSort::Commission,
        ..PoolAsk::all(Currency::CNY)
    };
    let few = PoolAsk {
        price_to: Some(Minor(1_000)),
        ..many.clone()
    };
    for (ask, walks) in [(&many, true), (&few, false)] {
        let view = pool(&client, log, Viewer::All, ask, &Page::first(1)).await.unwrap();
        let total = view.found.unwrap().total;
        assert_eq!(total.exact, !walks, "{total:?}");
        let found = all(&client, log, ask).await;
        let ids: BTreeSet<&String> = found.iter().map(|(id, _)| id).collect();
        assert_eq!(ids.len(), found.len(), "each once");
        if walks {
            assert_eq!(found.len(), usize::try_from(ENTRIES).unwrap());
        } else {
            assert_eq!(i64::try_from(found.len()).unwrap(), total.entries);
        }
        let fen = |amount: &String| amount.replace('.', "").parse::<i64>().unwrap();
        assert!(found.is_sorted_by(|one, next| fen(&one.1) >= fen(&next.1)), "in order");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn facets_sum_to_what_is_found_and_a_cursor_of_another_order_is_refused() {
    let (db, log) = grown().await;
    let client = connect(db.url(), TakeRole::Application).await.unwrap();
    let ask = PoolAsk {
        text: Some("防晒".to_owned()),
        ..PoolAsk::all(Currency::CNY)
    };
    let view = pool(&client, log, Viewer::All, &ask, &Page::first(10)).await.unwrap();
    let found = view.found.unwrap();
    assert!(found.total.exact && found.total.entries > 100, "{:?}", found.total);
    let sum = |values: &[fenzhang::report::FacetValue]| values.iter().map(|value| value.count.entries).sum::<i64>();
    for list in [
        &found.facets.category,
        &found.facets.source,
        &found.facets.price,
        &found.facets.rate,
        &found.facets.dropship,
        &found.facets.sample,
    ] {
        assert_eq!(sum(list), found.total.entries);
    }
    let other = PoolAsk {
        sort: PoolSort::Price,
        ..ask
    };
    let page = Page::after(view.next, 10);
    assert!(pool(&client, log, Viewer::All, &other, &page).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_the_extensions_says_what_to_install() {
    // The migration's own check, on a list of names that no server has.
    let db = fresh_db().await;
    let client = db.client().await;
    let text = include_str!("../../../migrations/V18__pool.sql");
    let check = text
        .split("create table")
        .next()
        .unwrap()
        .replace("('pg_trgm')", "('no_such_extension')");
    let error = client.batch_execute(&check).await.unwrap_err();
    let error = error.as_db_error().unwrap();
    assert!(error.message().contains("no_such_extension"), "{error}");
    assert!(error.hint().unwrap().contains("contrib"), "{error}");
}
