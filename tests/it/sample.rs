//! The sample month plays through the real engine without a refusal, once.
//! It must never reach into the engine or the database's rows beyond counting them.

use fenzhang::sample::{self, Size, load};

use crate::engine::engine_on;
use crate::support::pg::fresh_db;

const SMALL: Size = Size {
    anchors: 48,
    agencies: 6,
    brands: 6,
    items: 40,
    clicks: 400,
    orders: 100,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_loads_once_balances_and_waits_for_nothing() {
    let db = fresh_db().await;
    let engine = engine_on(&db).await;
    let loaded = load::load(&engine, SMALL, &mut |_, _| {}).await.unwrap();
    assert_eq!((loaded.reused, loaded.clicks), (false, 400));
    let client = db.client().await;
    let states = "select state, code, count(*) from parked where log = (select log from log where book = $1 and shard = 0) \
                  group by 1, 2 order by 1, 2";
    let parked: Vec<(String, String, i64)> = client
        .query(states, &[&sample::book().0])
        .await
        .unwrap()
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect();
    assert_eq!(parked, []);
    let sums = "select coalesce(sum(amount), 0)::text, count(*) from leg where layer = 1";
    let row = client.query_one(sums, &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), "0");
    assert!(row.get::<_, i64>(1) > 100, "settled legs were posted");
    let events = |client: tokio_postgres::Client| async move {
        client
            .query_one("select count(*) from event", &[])
            .await
            .unwrap()
            .get::<_, i64>(0)
    };
    let before = events(db.client().await).await;
    assert!(load::load(&engine, SMALL, &mut |_, _| {}).await.unwrap().reused);
    assert_eq!(events(db.client().await).await, before);
    engine.stop().await;
}
