//! What is still open of a run, as finance would see it.
//! It must never decide anything.

use fenzhang::base::{LogId, ReconciliationId};
use fenzhang::sample;
use fenzhang::store::head;
use fenzhang::store::recon::{BreakChoice, open_breaks};
use tokio_postgres::Client;

/// Open breaks as short texts.
pub async fn open(client: &Client, log: LogId, id: ReconciliationId) -> Vec<String> {
    let now = head::read(client, log).await.unwrap().unwrap().recorded_at;
    let choice = BreakChoice {
        parked: true,
        ..BreakChoice::default()
    };
    let open = open_breaks(client, (sample::book(), log), id, &choice, (1_000, now))
        .await
        .unwrap();
    open.iter()
        .map(|one| format!("{} {} {} {:?}", one.class, one.cause, one.component, one.line_no))
        .collect()
}
