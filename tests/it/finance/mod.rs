//! Explanations of sums and finance reports, on the sample month: every figure against the legs themselves.
//! It must never compute an expected amount with a report.

mod api;
mod explain;
mod reports;

use fenzhang::base::{LogId, PartyId};
use fenzhang::money::{Currency, Minor};
use fenzhang::report::Money;
use fenzhang::sample::{self, Size, load};
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::engine::engine_on;
use crate::support::pg::{TestDb, fresh_db};

/// The sample month, small, loaded through the engine.
pub struct Book {
    _db: TestDb,
    pub client: Client,
    pub log: LogId,
    /// Last position.
    pub head: i64,
}

impl Book {
    pub async fn load() -> Book {
        let db = fresh_db().await;
        let engine = engine_on(&db).await;
        let size = Size {
            anchors: 48,
            agencies: 6,
            brands: 6,
            items: 40,
            clicks: 400,
            orders: 100,
        };
        load::load(&engine, size, &mut |_, _| {}).await.unwrap();
        engine.stop().await;
        let client = db.client().await;
        let sql = "select log, position from log where book = $1 and shard = 0";
        let row = client.query_one(sql, &[&sample::book().0]).await.unwrap();
        let (log, head) = (LogId(row.get(0)), row.get(1));
        Book {
            _db: db,
            client,
            log,
            head,
        }
    }

    /// One sum over rows of this log: `$1` is the log.
    pub async fn sum(&self, from_where: &str, parameters: &[&(dyn ToSql + Sync)]) -> i64 {
        let sql = format!("select coalesce(sum(amount), 0)::bigint from {from_where}");
        let mut all: Vec<&(dyn ToSql + Sync)> = vec![&self.log.0];
        all.extend(parameters);
        self.client.query_one(&sql, &all).await.unwrap().get(0)
    }

    /// Parties with the most legs on an account (1 available, 6 commission).
    pub async fn busiest(&self, account: i16, how_many: i64) -> Vec<PartyId> {
        let sql = "select owner from leg where log = $1 and account = $2 group by owner order by count(*) desc, owner limit $3";
        let rows = self
            .client
            .query(sql, &[&self.log.0, &account, &how_many])
            .await
            .unwrap();
        let party = |row: &tokio_postgres::Row| PartyId::from_uuid(row.get::<_, Uuid>(0)).unwrap();
        rows.iter().map(party).collect()
    }
}

/// An amount of the wire in minor units.
pub fn fen(money: &Money) -> i64 {
    assert_eq!(money.currency, "CNY");
    Minor::parse(&money.amount, Currency::CNY).unwrap().0
}
