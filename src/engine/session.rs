//! One connection of a writer: the two flushes of a write as calls, each pipelined.
//! Must never be used again after an error: it is dropped, and a new one takes the head lock first.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{join, try_join};
use tokio_postgres::Client;

use super::decide::Receipt;
use crate::base::{BookId, ClickId, Instant, LogId};
use crate::domain::flow::{Clicks, Needs, Sold, Uncovered};
use crate::domain::stream::StreamId;
use crate::domain::world::Known;
use crate::ledger::BalanceKey;
use crate::money::Minor;
use crate::store::append::{self, Batch};
use crate::store::connect::{TakeRole, connect};
use crate::store::head::{self, Head};
use crate::store::{Error, Result, Statements, load};

/// How long a flush may take. A connection that answers nothing (half open, or a server that was stopped) must not stop
/// its writer: after this it is dropped, and what was sent on it is unknown. Longer than the server's own limits on lock
/// waits and idle transactions, so that on a living server those speak first.
const FLUSH: Duration = Duration::from_secs(6);

async fn within<T>(flush: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(FLUSH, flush).await {
        Ok(answered) => answered,
        Err(_) => Err(Error::lost("the database did not answer in time")),
    }
}

/// A connection with its prepared statements.
pub struct Session {
    client: Client,
    statements: Statements,
}

/// What a flush of reads brought.
#[derive(Default)]
pub struct Loaded {
    /// Streams, absent ones included.
    pub streams: HashMap<StreamId, Known>,
    /// Clicks by line, empty answers included.
    pub clicks: Clicks,
    /// Lines sold by returns, empty answers included.
    pub sold: Sold,
    /// What open contracts of brands are short of, empty answers included.
    pub open: Uncovered,
}

/// Where the log stands, read under its lock, with the reads of the same flush.
pub struct Locked {
    /// The head.
    pub head: Head,
    /// Time of recording of this batch: database time, never before the last.
    pub now: Instant,
    /// Receipts of the batch's keys.
    pub receipts: HashMap<(String, String), Receipt>,
    /// First round of reads.
    pub loaded: Loaded,
}

impl Session {
    /// Connects and prepares.
    pub async fn connect(url: &str, role: TakeRole) -> Result<Session> {
        within(async {
            let client = connect(url, role).await?;
            let statements = Statements::prepare(&client).await?;
            Ok(Session { client, statements })
        })
        .await
    }

    /// First flush: begin, lock the head, read the clock, the receipts and what is known to be needed.
    /// INVARIANT: every read is a statement after the lock, so it sees all that was committed before the lock was had.
    pub async fn lock(&self, log: LogId, clicks: &[LogId], keys: &[(String, String)], needs: &Needs) -> Result<Locked> {
        let flush = async {
            Ok(join!(
                append::begin(&self.client),
                head::lock(&self.client, &self.statements, log),
                head::clock(&self.client, &self.statements),
                load::receipts(&self.client, &self.statements, log, keys),
                self.load(log, clicks, needs),
            ))
        };
        let (begun, head, clock, receipts, loaded) = within(flush).await?;
        begun?;
        let head = head?.ok_or_else(|| Error::corrupt("the log has no head"))?;
        let mut known = HashMap::new();
        for receipt in receipts? {
            let answer = serde_json::from_str(&receipt.answer)?;
            let kept = Receipt {
                fingerprint: receipt.fingerprint,
                answer,
            };
            known.insert((receipt.principal, receipt.key), kept);
        }
        let now = if head.sandbox {
            head.recorded_at
        } else {
            clock?.max(head.recorded_at)
        };
        Ok(Locked {
            head,
            now,
            receipts: known,
            loaded: loaded?,
        })
    }

    /// First flush of a click log: begin, lock, clock, and which of these clicks are known.
    pub async fn lock_for_clicks(&self, log: LogId, clicks: &[ClickId]) -> Result<(Head, Instant, Vec<ClickId>)> {
        let flush = async {
            Ok(join!(
                append::begin(&self.client),
                head::lock(&self.client, &self.statements, log),
                head::clock(&self.client, &self.statements),
                load::clicks_known(&self.client, &self.statements, log, clicks),
            ))
        };
        let (begun, head, clock, known) = within(flush).await?;
        begun?;
        let head = head?.ok_or_else(|| Error::corrupt("the log has no head"))?;
        let now = clock?.max(head.recorded_at);
        Ok((head, now, known?))
    }

    /// A further flush of reads.
    pub async fn load(&self, log: LogId, click_logs: &[LogId], needs: &Needs) -> Result<Loaded> {
        let streams: Vec<StreamId> = needs.streams.iter().copied().collect();
        let uppers: Vec<_> = needs.uppers.iter().copied().collect();
        let brands: Vec<_> = needs.open.iter().copied().collect();
        let flush = async {
            try_join!(
                load::streams(&self.client, &self.statements, log, &streams, &uppers),
                load::clicks(&self.client, &self.statements, click_logs, &needs.clicks),
                load::sold(&self.client, &self.statements, log, &needs.sold),
                load::uncovered(&self.client, &self.statements, log, &brands),
            )
        };
        let (events, clicks, sold, open) = within(flush).await?;
        let asked = streams.into_iter().chain(uppers.into_iter().map(StreamId::from));
        Ok(Loaded {
            streams: load::fold(asked, &events),
            clicks,
            sold,
            open,
        })
    }

    /// Current balances, zero included.
    pub async fn balances(&self, log: LogId, keys: &[BalanceKey]) -> Result<Vec<(BalanceKey, Minor)>> {
        within(load::balances(&self.client, &self.statements, log, keys)).await
    }

    /// The latest pin instant of the log.
    pub async fn latest_pin(&self, log: LogId) -> Result<Option<Instant>> {
        within(load::latest_pin(&self.client, &self.statements, log)).await
    }

    /// Streams written after a position by somebody else.
    pub async fn touched_since(&self, log: LogId, position: i64) -> Result<Vec<StreamId>> {
        within(load::streams_since(&self.client, &self.statements, log, position)).await
    }

    /// Last flush: everything, the fence, and COMMIT.
    pub async fn write(&self, batch: &Batch, recorded_at: Instant) -> Result<()> {
        within(append::write(&self.client, &self.statements, batch, recorded_at)).await
    }

    /// Ends a transaction that writes nothing.
    pub async fn rollback(&self) -> Result<()> {
        within(append::rollback(&self.client)).await
    }
}

/// An empty batch on top of a head.
pub fn batch_on(book: BookId, head: &Head) -> Batch {
    Batch::new(book, head.log, head.tree.clone())
}
