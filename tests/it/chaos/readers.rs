//! Readers that follow the log by position while it is written.
//! It must never read below where it has been: what it skipped stays skipped, and is found out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::pg::TestDb;

/// Readers under way.
pub struct Readers {
    stop: Arc<AtomicBool>,
    set: JoinSet<Vec<(i64, Uuid)>>,
}

impl Readers {
    /// Starts `count` readers of a log, each on a connection of its own.
    pub async fn start(db: &TestDb, log: Uuid, count: usize) -> Readers {
        let stop = Arc::new(AtomicBool::new(false));
        let mut set = JoinSet::new();
        for _ in 0..count {
            let (client, stop) = (db.client().await, Arc::clone(&stop));
            set.spawn(async move {
                let sql = "select position, id from event where log = $1 and position > $2 order by position limit 100";
                let (mut read, mut last): (Vec<(i64, Uuid)>, i64) = (Vec::new(), 0);
                loop {
                    let ending = stop.load(Ordering::SeqCst);
                    let rows = client.query(sql, &[&log, &last]).await.unwrap();
                    for row in &rows {
                        last = row.get(0);
                        read.push((last, row.get(1)));
                    }
                    if rows.is_empty() {
                        if ending {
                            return read;
                        }
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                }
            });
        }
        Readers { stop, set }
    }

    /// Lets them read to the end and compares each with the log: no event skipped, none twice, none out of order.
    pub async fn compare(mut self, db: &TestDb, log: Uuid) {
        self.stop.store(true, Ordering::SeqCst);
        let sql = "select position, id from event where log = $1 order by position";
        let rows = db.client().await.query(sql, &[&log]).await.unwrap();
        let whole: Vec<(i64, Uuid)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        while let Some(read) = self.set.join_next().await {
            assert!(read.unwrap() == whole, "a reader saw another log");
        }
    }
}
