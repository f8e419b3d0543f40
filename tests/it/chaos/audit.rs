//! What must hold of a database whatever happened to it: asked in plain SQL that shares nothing with the service, and of
//! the service's own `verify`.
//! It must never repair what it finds.

use fenzhang::base::LogId;
use fenzhang::store::verify::verify;
use tokio_postgres::Client;

/// Name, and a query that returns the rows that must not be.
const NOTHING_SHOULD_BE: [(&str, &str); 9] = [
    (
        "positions are 1..N and the head stands at N",
        "select l.log, l.position from log l
         left join lateral (select count(*) n, min(position) least, max(position) most from event where log = l.log) e on true
         where l.position <> e.n or (e.n > 0 and (e.least <> 1 or e.most <> e.n))",
    ),
    (
        "versions of a stream are 1..k in order of position",
        "select log, position from (
            select log, position, version, row_number() over (partition by log, stream order by position) as nth from event
         ) e where version <> nth",
    ),
    (
        "recorded_at never goes back",
        "select log, position from (
            select log, position, recorded_at, lag(recorded_at) over (partition by log order by position) as before from event
         ) e where recorded_at < before",
    ),
    (
        "legs of an event sum to zero",
        "select log, position from leg group by log, position, layer, currency having sum(amount) <> 0",
    ),
    (
        "every leg belongs to an event",
        "select l.log, l.position from leg l where not exists
            (select from event e where e.log = l.log and e.position = l.position)",
    ),
    (
        "a running balance is the sum of the legs up to it",
        "select log, position from (
            select log, position, balance,
                   sum(amount) over (partition by log, owner, account, layer, currency order by position) as summed
            from leg
         ) l where balance <> summed",
    ),
    (
        "totals are the sums of legs",
        "select coalesce(l.log, t.log), 0::bigint from
            (select log, owner, account, layer, currency, coalesce(period, 0) as period,
                    sum(amount) filter (where amount > 0) as credits, -sum(amount) filter (where amount < 0) as debits
             from leg group by 1, 2, 3, 4, 5, 6) l
         full join total t on (t.log, t.owner, t.account, t.layer, t.currency, t.period)
                            = (l.log, l.owner, l.account, l.layer, l.currency, l.period)
         where coalesce(l.credits, 0) <> coalesce(t.credits, 0) or coalesce(l.debits, 0) <> coalesce(t.debits, 0)",
    ),
    (
        "a receipt's event is there",
        "select r.log, r.position from receipt r join log l on l.log = r.log where r.position > l.position",
    ),
    (
        "no click twice",
        "select log, min(position) from click group by log, click having count(*) > 1",
    ),
];

/// Asks every question, then has the service verify every log; panics with the first thing that must not be.
pub async fn audit(client: &mut Client) {
    for (what, sql) in NOTHING_SHOULD_BE {
        let rows = client.query(sql, &[]).await.unwrap_or_else(|e| panic!("{what}: {e:?}"));
        let found: Vec<(uuid::Uuid, i64)> = rows.iter().take(5).map(|row| (row.get(0), row.get(1))).collect();
        assert!(found.is_empty(), "{what}: {} rows, such as {found:?}", rows.len());
    }
    let open = "select count(*) from pg_prepared_xacts";
    assert_eq!(client.query_one(open, &[]).await.unwrap().get::<_, i64>(0), 0);
    for row in client.query("select log from log", &[]).await.unwrap() {
        let report = verify(client, LogId(row.get(0))).await.unwrap();
        assert!(report.findings.is_empty(), "verify: {:?}", report.findings);
    }
}
