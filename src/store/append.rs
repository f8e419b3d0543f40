//! The last flush of a write: events, legs, totals, read rows, receipts, timers, keys, head, fence, COMMIT.
//! Must never be called without the head's lock, and must never report success unless every statement did.

use std::future::Future;
use std::pin::Pin;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

use super::envelope::{Origin, seal};
use super::error::{Error, Result};
use super::rows::{AnchorClicks, AnchorSales, Context, Rows, of_event};
use super::statements::Statements;
use super::table::table;
use super::tree::Tree;
use crate::base::{BookId, Instant, LogId};
use crate::domain::flow::Recorded;
use crate::ledger::StampedLeg;

table! {
    /// An event.
    EventRow, Events {
        position: i64, id: Uuid, slice: i16, stream: Uuid, version: i64, kind: String, schema: i16,
        occurred_at: DateTime<Utc>, recorded_at: DateTime<Utc>, actor: String, key: Option<String>,
        causation: Option<Uuid>, correlation: Option<String>, payload: String, leaf: Vec<u8>,
    }
}
table! {
    /// The answer to a command, kept for ever under its key.
    ReceiptRow, Receipts {
        principal: String, key: String, fingerprint: Vec<u8>, position: i64, recorded_at: DateTime<Utc>, answer: String,
    }
}
table! {
    /// A key with the hash of its secret. Its first parameter is the book.
    KeyRow, Keys {
        key: Uuid, person: Uuid, label: String, role: String, party: Option<Uuid>, hash: Vec<u8>,
        expires_at: Option<DateTime<Utc>>,
    }
}

/// Everything one transaction writes, as columns.
#[derive(Clone, Debug)]
pub struct Batch {
    log: LogId,
    book: BookId,
    tree: Tree,
    events: Events,
    /// Derived rows. Rows of events are added by [`Batch::add`]; rows of states by the caller, each stream once.
    pub rows: Rows,
    /// Receipts.
    pub receipts: Receipts,
    /// Keys issued.
    pub keys: Keys,
    /// Keys revoked.
    pub revoked: Vec<Uuid>,
}

impl Batch {
    /// An empty batch on top of a log whose tree stands as told.
    pub fn new(book: BookId, log: LogId, tree: Tree) -> Batch {
        Batch {
            log,
            book,
            tree,
            events: Events::default(),
            rows: Rows::default(),
            receipts: Receipts::default(),
            keys: Keys::default(),
            revoked: Vec::new(),
        }
    }

    /// Adds an event with its derived rows. `stamped` are its legs with balances and periods; `pinned_before` is the
    /// position of the event that pinned its line before. INVARIANT: positions follow the tree without a gap.
    pub fn add(
        &mut self,
        recorded: &Recorded,
        origin: Origin<'_>,
        stamped: &[StampedLeg],
        pinned_before: Option<i64>,
    ) -> Result<()> {
        let placed = &recorded.placed;
        if u64::try_from(placed.position).ok() != Some(self.tree.size() + 1) {
            return Err(Error::corrupt("a position does not follow the last one"));
        }
        let sealed = seal(self.book, recorded, origin)?;
        let context = Context {
            book: self.book,
            pinned_before,
        };
        of_event(context, recorded, stamped, &mut self.rows)?;
        self.tree.push(sealed.leaf);
        self.events.push(EventRow {
            position: placed.position,
            id: placed.id.0,
            slice: recorded.stream.slice.code(),
            stream: recorded.stream.id,
            version: placed.version,
            kind: recorded.event.kind().to_owned(),
            schema: recorded.event.schema(),
            occurred_at: placed.occurred_at.utc(),
            recorded_at: placed.recorded_at.utc(),
            actor: sealed.actor,
            key: origin.key.map(str::to_owned),
            causation: recorded.causation.map(|id| id.0),
            correlation: origin.correlation.map(str::to_owned),
            payload: sealed.payload,
            leaf: sealed.leaf.to_vec(),
        });
        Ok(())
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// True without events.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The tree after the batch.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }
}

/// Begins the transaction of a write. To be joined with what follows, in one flush.
pub async fn begin(client: &Client) -> Result<()> {
    Ok(client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED").await?)
}

/// Ends a transaction that wrote nothing, or must not.
pub async fn rollback(client: &Client) -> Result<()> {
    Ok(client.batch_execute("ROLLBACK").await?)
}

type Sent<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;
type Params<'a> = Vec<&'a (dyn ToSql + Sync)>;

fn send<'a>(client: &'a Client, statement: &'a Statement, params: Params<'a>) -> Sent<'a> {
    Box::pin(async move { Ok(client.execute(statement, &params).await.map(|_| ())?) })
}

/// Writes a batch and commits, in one flush. `recorded_at` is the batch's. Ok means durable; after an error of kind
/// `Connection` the outcome is unknown, after any other nothing was written.
///
/// INVARIANT: success = every result Ok, the fence included; COMMIT alone answers Ok on an aborted transaction.
pub async fn write(client: &Client, statements: &Statements, batch: &Batch, recorded_at: Instant) -> Result<()> {
    let position = i64::try_from(batch.tree.size()).map_err(|_| Error::data("a position leaves 64 bits"))?;
    let (recorded_at, frontier, root) = (recorded_at.utc(), batch.tree.encode(), batch.tree.root());
    let root = root.as_slice();
    let totals = batch.rows.totals.columns();
    let (sales, clicks) = (batch.rows.anchors.sales(), batch.rows.anchors.clicks());
    let mut sent: Vec<Sent<'_>> = Vec::with_capacity(24);
    truth(client, statements, batch, &mut sent);
    rows_of_events(client, statements, batch, &mut sent);
    if !totals.is_empty() {
        sent.push(send(client, &statements.total_add, totals.params(&batch.log.0)));
    }
    rows_of_states(client, statements, batch, &mut sent);
    sums_of_anchors(client, statements, batch, (&sales, &clicks), &mut sent);
    if !batch.is_empty() {
        let head: Params<'_> = vec![&batch.log.0, &position, &recorded_at, &frontier, &root];
        sent.push(send(client, &statements.head_advance, head));
    }
    sent.push(send(client, &statements.fence, vec![&batch.log.0, &position]));
    sent.push(Box::pin(async move { Ok(client.batch_execute("COMMIT").await?) }));
    // Each sends on its first poll: one flush, in this order.
    for result in in_order(sent).await {
        result?;
    }
    Ok(())
}

/// Futures that `join_all` polls in the order given: with more of them it would not.
const TOGETHER: usize = 24;

/// Polls all at once, each for the first time in the order given, however many there are.
async fn in_order<F: Future>(all: Vec<F>) -> Vec<F::Output> {
    let mut rest = all.into_iter();
    let mut groups = Vec::new();
    loop {
        let group: Vec<F> = rest.by_ref().take(TOGETHER).collect();
        if group.is_empty() {
            break;
        }
        groups.push(join_all(group));
    }
    join_all(groups).await.into_iter().flatten().collect()
}

macro_rules! unless_empty {
    ($client:ident, $out:ident, $scope:expr => $($statement:expr, $columns:expr;)*) => {$(
        if !$columns.is_empty() {
            $out.push(send($client, &$statement, $columns.params($scope)));
        }
    )*};
}

fn truth<'a>(client: &'a Client, st: &'a Statements, batch: &'a Batch, out: &mut Vec<Sent<'a>>) {
    unless_empty! { client, out, &batch.log.0 =>
        st.event_append, batch.events;
        st.receipt_append, batch.receipts;
    }
    unless_empty! { client, out, &batch.book.0 => st.key_append, batch.keys; }
    if !batch.revoked.is_empty() {
        out.push(send(client, &st.key_revoke, vec![&batch.book.0, &batch.revoked]));
    }
}

fn rows_of_events<'a>(client: &'a Client, st: &'a Statements, batch: &'a Batch, out: &mut Vec<Sent<'a>>) {
    let rows = &batch.rows;
    unless_empty! { client, out, &batch.log.0 =>
        st.leg_append, rows.legs;
        st.pin_append, rows.pins;
        st.line_party_append, rows.line_parties;
        st.parked_append, rows.parked;
        st.parked_resolution_append, rows.resolutions;
        st.reconciliation_append, rows.reconciliations;
        st.recon_resolution_append, rows.breaks_resolved;
        st.click_append, rows.clicks;
    }
}

fn rows_of_states<'a>(client: &'a Client, st: &'a Statements, batch: &'a Batch, out: &mut Vec<Sent<'a>>) {
    let rows = &batch.rows;
    let log = &batch.log.0;
    if !rows.members.is_empty() {
        out.push(send(client, &st.membership_clear, vec![log, &rows.members]));
    }
    if !rows.placed.is_empty() {
        out.push(send(client, &st.placement_clear, vec![log, &rows.placed]));
    }
    if !rows.absent.is_empty() {
        out.push(send(client, &st.substitute_clear, vec![log, &rows.absent]));
    }
    if !rows.received.is_empty() {
        out.push(send(client, &st.receipt_bill_clear, vec![log, &rows.received]));
        out.push(send(client, &st.money_receipt_clear, vec![log, &rows.received]));
    }
    if !rows.selected.is_empty() {
        out.push(send(client, &st.selection_clear, vec![log, &rows.selected]));
    }
    if !rows.timed.is_empty() {
        out.push(send(
            client,
            &st.timer_clear,
            vec![log, &rows.timed, &rows.timers.timer],
        ));
    }
    unless_empty! { client, out, log =>
        st.line_put, rows.lines;
        st.party_put, rows.parties;
        st.membership_append, rows.memberships;
        st.item_put, rows.items;
        st.shop_put, rows.shops;
        st.entity_put, rows.entities;
        st.rule_put, rows.rules;
        st.approval_put, rows.approvals;
        st.substitute_append, rows.substitutes;
        st.payment_put, rows.payments;
        st.money_freeze_put, rows.freezes;
        st.money_receipt_append, rows.money_receipts;
        st.receipt_bill_append, rows.receipt_bills;
        st.placement_append, rows.placements;
        st.returned_put, rows.returned;
        st.run_put, rows.runs;
        st.sheet_put, rows.sheets;
        st.dispute_put, rows.disputes;
        st.brief_put, rows.briefs;
        st.contract_put, rows.contracts;
        st.anchor_card_put, rows.cards;
        st.purchase_put, rows.purchases;
        st.purchase_line_put, rows.purchase_lines;
        st.sample_put, rows.samples;
        st.timer_put, rows.timers;
        st.supplier_put, rows.suppliers;
        st.offer_put, rows.offers;
        st.quote_put, rows.quotes;
        st.pool_entry_put, rows.pool_entries;
        st.submission_put, rows.submissions;
        st.selection_append, rows.selections;
        st.watch_put, rows.watches;
    }
    if !rows.suppliers.is_empty() {
        out.push(send(client, &st.pool_scores, vec![log, &rows.suppliers.supplier]));
    }
}

/// Sums are added to; those that came to nothing are no rows.
fn sums_of_anchors<'a>(
    client: &'a Client,
    st: &'a Statements,
    batch: &'a Batch,
    (sales, clicks): (&'a AnchorSales, &'a AnchorClicks),
    out: &mut Vec<Sent<'a>>,
) {
    let log = &batch.log.0;
    unless_empty! { client, out, log =>
        st.anchor_sale_add, sales;
        st.anchor_click_add, clicks;
    }
    if batch.rows.anchors.takes_sales() && !sales.is_empty() {
        // The log and the columns of the key.
        let key = sales.params(log).into_iter().take(7).collect();
        out.push(send(client, &st.anchor_sale_clear, key));
    }
    if batch.rows.anchors.takes_clicks() && !clicks.is_empty() {
        out.push(send(client, &st.anchor_click_clear, vec![log, &clicks.anchor]));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::in_order;

    #[tokio::test]
    async fn however_many_statements_a_flush_has_they_are_sent_in_their_order() {
        let sent = RefCell::new(Vec::new());
        let one = |n: usize| {
            let sent = &sent;
            async move {
                sent.borrow_mut().push(n);
                tokio::task::yield_now().await;
                n
            }
        };
        let answers = in_order((0..100).map(one).collect()).await;
        let all: Vec<usize> = (0..100).collect();
        assert_eq!((sent.into_inner(), answers), (all.clone(), all));
    }
}
