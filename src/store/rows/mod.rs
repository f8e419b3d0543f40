//! Derived rows: what an event and the fold of a stream look like in tables that reports read.
//! Must never hold a fact of its own: the writer, `verify` and `rebuild` all make rows here and nowhere else.
//!
//! Two kinds. Rows of an event (leg, pin, line_party, parked, click) follow from the event, the balances before it and
//! the pin it stands under; they are only ever added. Rows of a state (line, party, membership, item, shop, entity,
//! rule, approval, placement, payment, freeze, receipt of money, timer) follow from the fold of one stream and replace
//! what stood before.
//! the pin it stands under; they are only ever added. Rows of a state (line, party, membership, item, shop, rule,
//! approval, placement, brief, contract, timer) follow from the fold of one stream and replace what stood before.

mod anchor;
mod event;
mod money;
mod offers;
mod pool;
mod purchases;
mod state;
#[cfg(test)]
mod tests;
mod vtask;

pub use anchor::{AnchorDeltas, band_of, of_line};
pub use event::{Context, of_event, parties_of, pin_of};
pub use pool::row as entry_row;
pub use state::of_state;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::error::{Error, Result};
use super::table::table;
use crate::ledger::{Account, Layer, Owner, StampedLeg};

table! {
    /// A leg 分录 with its stamps.
    LegRow, Legs {
        position: i64, owner: Uuid, account: i16, layer: i16, currency: String, amount: i64, balance: i64,
        period: Option<i32>, points_back_to: Option<i32>, at: DateTime<Utc>, line: Option<Uuid>, pin: Option<i64>,
        part: Option<i16>,
    }
}
table! {
    /// Debits and credits of an account in a period; in a batch, what is added to them.
    TotalRow, Totals {
        owner: Uuid, account: i16, layer: i16, currency: String, period: i32, debits: i64, credits: i64,
    }
}
table! {
    /// A line was pinned: its dimensions.
    PinRow, Pins {
        position: i64, line: Uuid, at: DateTime<Utc>, promoter: Option<Uuid>, merchant: Option<Uuid>,
        rule: Option<Uuid>, item: Option<Uuid>, shop: Option<Uuid>, category: Option<String>, room: Option<String>,
        show: Option<String>, source: Option<String>, phase: Option<String>, segment: Option<String>, payable: i64,
    }
}
table! {
    /// A party has to do with a line.
    LinePartyRow, LineParties { party: Uuid, at: DateTime<Utc>, line: Uuid }
}
table! {
    /// A fact, or a part of its amount, that found no place.
    ParkedRow, Parkeds {
        position: i64, line: Option<Uuid>, kind: String, state: String, code: String, amount: Option<i64>,
        currency: Option<String>, at: DateTime<Utc>,
    }
}
table! {
    /// A person dealt with a parked fact.
    ResolutionRow, Resolutions { parked: i64, position: i64, how: String, reason: Option<String>, at: DateTime<Utc> }
}
table! {
    /// A click.
    ClickRow, ClickRows {
        position: i64, click: Uuid, buyer: Uuid, item: Option<Uuid>, shop: Option<Uuid>, at: DateTime<Utc>, tie: String,
    }
}
table! {
    /// A line as it stands.
    LineRow, Lines {
        line: Uuid, platform: String, line_no: String, order_no: Option<String>, buyer: Option<Uuid>,
        item: Option<Uuid>, shop: Option<Uuid>, at: DateTime<Utc>, promoter: Option<Uuid>, status: i16, pinned: bool,
        currency: Option<String>, position: i64, waits: Option<String>, account: Option<String>, pid: Option<String>,
        nick: Option<String>, room: Option<String>,
    }
}
table! {
    /// A party as it stands.
    PartyRow, Parties { party: Uuid, external_id: Option<String>, name: String, position: i64, entity: Option<Uuid>, suspended: bool, script: Option<String> }
}
table! {
    /// A contract of a member between two dates.
    MembershipRow, Memberships {
        membership: Uuid, member: Uuid, upper: Uuid, scope: String, share: String, receiver: String,
        from_at: DateTime<Utc>, to_at: Option<DateTime<Utc>>, position: i64, guarantee: Option<String>,
    }
}
table! {
    /// An item, as last listed.
    ItemRow, Items {
        item: Uuid, platform: String, item_no: String, title: Option<String>, shop: Uuid, category: Option<String>,
        position: i64,
    }
}
table! {
    /// A shop.
    ShopRow, Shops {
        shop: Uuid, platform: String, shop_no: String, name: String, brand: Uuid, position: i64,
        entity: Option<Uuid>,
    }
}
table! {
    /// A legal entity.
    EntityRow, Entities { entity: Uuid, external_id: String, name: String, position: i64 }
}
table! {
    /// A rule.
    RuleRow, Rules {
        rule: Uuid, shelf: Uuid, external_id: Option<String>, brand: Uuid, kind: String, item: Option<Uuid>,
        shop: Option<Uuid>, from_at: DateTime<Utc>, ended_at: Option<DateTime<Utc>>, position: i64,
    }
}
table! {
    /// An approval.
    ApprovalRow, Approvals {
        approval: Uuid, kind: String, maker: Uuid, status: String, position: i64, approvers: i16, roles: String,
        agreed: String,
    }
}
table! {
    /// Who decides for a person who is away, with the roles of the absent.
    SubstituteRow, Substitutes {
        person: Uuid, by: Uuid, from_at: DateTime<Utc>, to_at: DateTime<Utc>, roles: String, position: i64,
    }
}
table! {
    /// A payment made outside.
    PaymentRow, Payments {
        payment: Uuid, party: Uuid, currency: String, amount: i64, advance: i64, channel: String, reference: String,
        paid_on: String, returned_on: Option<String>, note: Option<String>, position: i64,
    }
}
table! {
    /// Frozen money of a party.
    FreezeRow, Freezes {
        hold: Uuid, party: Uuid, currency: String, held: i64, lifted: i64, forfeited: i64, reason: String,
        at: DateTime<Utc>, position: i64,
    }
}
table! {
    /// A receipt of money that stands.
    MoneyReceiptRow, MoneyReceipts {
        receipt: Uuid, source: String, account: Option<String>, flow_no: String, at: DateTime<Utc>, currency: String,
        amount: i64, matched: i64, payer: Option<String>, tag: Option<String>, memo: Option<String>, position: i64,
    }
}
table! {
    /// A part of a receipt and what it settles.
    ReceiptBillRow, ReceiptBills {
        receipt: Uuid, nth: i32, owner: Uuid, account: i16, period: i32, currency: String, amount: i64, position: i64,
    }
}
table! {
    /// An assignment of a placement.
    PlacementRow, Placements {
        placement: Uuid, platform: String, kind: String, number: String, party: Option<Uuid>, room: Option<String>,
        from_at: DateTime<Utc>, to_at: Option<DateTime<Utc>>, position: i64,
    }
}
table! {
    /// A settlement run.
    RunRow, Runs {
        run: Uuid, period: i32, number: i32, stage: String, started_at: i64, reckoned_at: Option<i64>,
        sheets: Option<i64>, digest: Option<String>, contested: i64, held_back: i64, position: i64,
        pay_by: Option<String>, exit_of: Option<Uuid>,
    }
}
table! {
    /// A settlement sheet.
    SheetRow, Sheets {
        sheet: Uuid, run: Uuid, party: Uuid, currency: String, period: i32, account: i16, status: String,
        held_back: bool, opening: i64, parts: String, closing: i64, payable: i64, carried: i64,
        negative_since: Option<i32>, others: String, lines: i64, lines_sha256: String, sha256: String, position: i64,
        suspended: Option<String>, pay_by: Option<String>, unreceived: i64, advanced: i64, estimated: Option<i64>,
    }
}
table! {
    /// A run of a reconciliation.
    ReconciliationRow, Reconciliations {
        reconciliation: Uuid, run: i32, file: String, mapping: String, mapping_sha256: String, platform: String, period: i32,
        account: String, shop: String, rows: i64, rejected: i64, matched: i64, breaks: String, content: String, of_position: i64, position: i64,
        made_at: DateTime<Utc>,
    }
}
table! {
    /// A break was dealt with.
    BreakResolvedRow, BreaksResolvedRows {
        position: i64, break_id: Uuid, reconciliation: Uuid, number: i32, how: String, proposal: String, by: Option<Uuid>,
        reason: Option<String>, until: Option<DateTime<Utc>>, approval: Option<Uuid>, at: DateTime<Utc>,
    }
}
table! {
    /// A dispute as it stands.
    DisputeRow, Disputes {
        dispute: Uuid, number: i32, line: Uuid, party: Uuid, reason: String, due: DateTime<Utc>, evidence_position: i64,
        evidence_sha256: String, state: String, answer: Option<String>, correction: Option<Uuid>, position: i64,
    }
}
table! {
    /// A brief as it stands.
    BriefRow, Briefs {
        brief: Uuid, external_id: Option<String>, brand: Uuid, status: String, visibility: String, title: String,
        category: Option<String>, closes_at: DateTime<Utc>, due: Option<DateTime<Utc>>, parties: String, position: i64,
    }
}
table! {
    /// A brand contract as it stands.
    ContractRow, Contracts {
        contract: Uuid, external_id: Option<String>, brief: Uuid, brand: Uuid, awardee: Uuid, anchor: Option<Uuid>,
        form: String, phase: String, currency: String, held: i64, due: Option<DateTime<Utc>>, parties: String,
        position: i64, punctual: i32, late: i32, delivered: bool, stars: Option<i16>, uncovered: i64,
    }
}
table! {
    /// A supplier as reported.
    SupplierRow, Suppliers {
        supplier: Uuid, source: String, member_no: String, composite: Option<i16>, logistics: Option<i16>,
        dispute: Option<i16>, offer_score: Option<i16>, after_sales: Option<i16>, consulting: Option<i16>,
        medal: Option<i16>, repurchase_ppm: Option<i32>, collected_48h_ppm: Option<i32>,
        quality_refund_ppm: Option<i32>, member_years: Option<i16>, reported_at: DateTime<Utc>, position: i64,
    }
}
table! {
    /// An offer as it stands.
    OfferRow, Offers {
        offer: Uuid, source: String, product_no: String, supplier: Option<Uuid>, subject: String,
        other_subject: Option<String>, category: String, place: Option<String>, status: String, version: i32,
        currency: String, low: Option<i64>, high: Option<i64>, unit: Option<String>, min_order: i32, mixed: bool,
        dropship: bool, seller_pays: bool, ships_within_h: Option<i16>, sold: Option<i64>, sold_days: Option<i16>,
        orders: Option<i64>, score: Option<i16>, repurchase_ppm: Option<i32>, notes: String, position: i64,
    }
}
table! {
    /// A quote as it stands.
    QuoteRow, Quotes {
        quote: Uuid, offer: Uuid, version: i32, buyer: Option<Uuid>, kind: String, currency: String, quantity: i32,
        total: i64, valid_until: DateTime<Utc>, used_for: Option<String>, position: i64,
    }
}
table! {
    /// What was sold through an anchor in a month, of a category and price band; in a batch, what is added to it.
    AnchorSaleRow, AnchorSales {
        category: String, month: i32, anchor: Uuid, band: i16, segment: String, currency: String, lines: i64, paid: i64,
        refunded: i64,
    }
}
table! {
    /// Clicks on an anchor's links and lines won by them; in a batch, what is added to them.
    AnchorClickRow, AnchorClicks { anchor: Uuid, clicks: i64, won: i64 }
}
table! {
    /// What an anchor shows of itself.
    AnchorCardRow, AnchorCards { anchor: Uuid, card: String, position: i64 }
}
table! {
    /// An entry of the pool.
    PoolEntryRow, PoolEntries {
        entry: Uuid, source: String, owner: Uuid, shop: Option<Uuid>, title: String, category: Option<String>,
        currency: String, price: i64, rate: i32, commission: i64, margin: Option<i64>, sales: i64, refund_rate: i32,
        score: i32, own_score: i32, min_order: i64, ships_within: i32, dropship: bool, sample: bool, stock: Option<i64>,
        price_band: i16, rate_band: i16, tokens: String, latin: String, listed: bool, due: Option<DateTime<Utc>>,
        position: i64,
    }
}
table! {
    /// A product submission as it stands.
    SubmissionRow, Submissions {
        submission: Uuid, external_id: Option<String>, by: Uuid, anchor: Uuid, target: Uuid, title: String,
        category: Option<String>, show: Option<String>, show_at: DateTime<Utc>, status: String, place: Option<i64>,
        exclusive_from: Option<DateTime<Utc>>, exclusive_to: Option<DateTime<Utc>>, qualifications: String,
        qualified_until: Option<DateTime<Utc>>, closed: Option<String>, currency: String, lost: Option<i64>,
        position: i64,
    }
}
table! {
    /// A saved selection.
    SelectionRow, Selections {
        selection: Uuid, party: Option<Uuid>, name: String, entries: String, query: Option<String>, position: i64,
    }
}
table! {
    /// A watch with the figures seen last.
    WatchRow, Watches {
        watch: Uuid, party: Option<Uuid>, entry: Uuid, of_price: bool, of_stock: bool, of_rate: bool, currency: String,
        price: i64, stock: Option<i64>, rate: i32, listed: bool, active: bool, position: i64,
    }
}
table! {
    /// A pending timer.
    TimerRow, Timers { timer: Uuid, slice: i16, stream: Uuid, due: DateTime<Utc> }
}

table! {
    /// A row of a return document that names no order, as it stands.
    ReturnedRow, ReturnedRows {
        told: i64, stream: Uuid, platform: String, document: String, row_no: String, at: DateTime<Utc>, units: i64,
        amount: i64, currency: String, state: String, code: Option<String>, line: Option<Uuid>,
        candidates: Option<String>, position: i64,
    }
}
table! {
    /// A purchase as it stands.
    PurchaseRow, Purchases {
        purchase: Uuid, external_id: Option<String>, source: String, order_no: Option<String>, kind: String, phase: String,
        buyer: Option<Uuid>, supplier: Uuid, pays: String, currency: String, cost: i64, due: i64, paid: i64, repaid: i64,
        sold: i64, charges: i64, margin: i64, bill_no: Option<String>, billed: Option<i64>, accrued: Option<i64>,
        corrected: i64, ordered_at: DateTime<Utc>, paid_at: Option<DateTime<Utc>>, shipped_at: Option<DateTime<Utc>>,
        received_at: Option<DateTime<Utc>>, complained_at: Option<DateTime<Utc>>, refunded_at: Option<DateTime<Utc>>,
        pay_by: Option<DateTime<Utc>>, position: i64,
    }
}
table! {
    /// A line of a purchase as it stands.
    PurchaseLineRow, PurchaseLines {
        purchase: Uuid, nth: i32, name: String, product: Option<Uuid>, offer: Option<Uuid>, sku: Option<String>,
        order_line: Option<Uuid>, quantity: i64, goods: i64, refunded: i64, sold: i64, back: i64, margin: i64, shipped: i64,
        received: i64, rejected: i64, refunded_units: i64, back_units: i64, position: i64,
    }
}
table! {
    /// A request for a sample as it stands.
    SampleRow, Samples {
        sample: Uuid, number: i32, holder: Uuid, provider: Uuid, item: Option<Uuid>, offer: Option<Uuid>, name: String,
        units: i64, standing: String, currency: String, deposit: i64, loss_price: i64, charged: i64, asked_at: DateTime<Utc>,
        sent_at: Option<DateTime<Utc>>, return_by: Option<DateTime<Utc>>, position: i64,
    }
}

/// Derived rows of any number of events and streams.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Legs.
    pub legs: Legs,
    /// What is added to totals, each key once.
    pub totals: TotalDeltas,
    /// Pins.
    pub pins: Pins,
    /// Parties of lines.
    pub line_parties: LineParties,
    /// Parked facts.
    pub parked: Parkeds,
    /// How parked facts were dealt with.
    pub resolutions: Resolutions,
    /// Clicks.
    pub clicks: ClickRows,
    /// Lines.
    pub lines: Lines,
    /// Parties.
    pub parties: Parties,
    /// Members whose contracts are replaced as a whole by those below.
    pub members: Vec<Uuid>,
    /// Contracts.
    pub memberships: Memberships,
    /// Items.
    pub items: Items,
    /// Shops.
    pub shops: Shops,
    /// Legal entities.
    pub entities: Entities,
    /// Rules.
    pub rules: Rules,
    /// Approvals.
    pub approvals: Approvals,
    /// Persons whose substitutes are replaced as a whole by those below.
    pub absent: Vec<Uuid>,
    /// Substitutes.
    pub substitutes: Substitutes,
    /// Payments made outside.
    pub payments: Payments,
    /// Frozen money.
    pub freezes: Freezes,
    /// Receipts of money that are replaced, with what they settle, by those below.
    pub received: Vec<Uuid>,
    /// Receipts of money.
    pub money_receipts: MoneyReceipts,
    /// What receipts settle.
    pub receipt_bills: ReceiptBills,
    /// Placements whose assignments are replaced as a whole by those below.
    pub placed: Vec<Uuid>,
    /// Assignments of placements.
    pub placements: Placements,
    /// Settlement runs.
    pub runs: Runs,
    /// Settlement sheets.
    pub sheets: Sheets,
    /// Reconciliations.
    pub reconciliations: Reconciliations,
    /// How breaks were dealt with.
    pub breaks_resolved: BreaksResolvedRows,
    /// Disputes.
    pub disputes: Disputes,
    /// Briefs.
    pub briefs: Briefs,
    /// Brand contracts.
    pub contracts: Contracts,
    /// Entries of the pool.
    pub pool_entries: PoolEntries,
    /// Product submissions.
    pub submissions: Submissions,
    /// Selections that are replaced by those below.
    pub selected: Vec<Uuid>,
    /// Saved selections.
    pub selections: Selections,
    /// Watches.
    pub watches: Watches,
    /// Streams whose timers are replaced as a whole by those below.
    pub timed: Vec<Uuid>,
    /// Timers.
    pub timers: Timers,
    /// Returns that name no order.
    pub returned: ReturnedRows,
    /// Suppliers as reported.
    pub suppliers: Suppliers,
    /// Offers.
    pub offers: Offers,
    /// Quotes.
    pub quotes: Quotes,
    /// What is added to sales and clicks of anchors, each key once.
    pub anchors: AnchorDeltas,
    /// Cards of anchors.
    pub cards: AnchorCards,
    /// Purchases.
    pub purchases: Purchases,
    /// Their lines.
    pub purchase_lines: PurchaseLines,
    /// Samples.
    pub samples: Samples,
}

type TotalKey = (Uuid, i16, i16, String, i32);

/// What is added to debits and credits, each key once: an upsert must not meet a row twice.
#[derive(Clone, Debug, Default)]
pub struct TotalDeltas(BTreeMap<TotalKey, (i64, i64)>);

impl TotalDeltas {
    /// Adds a leg.
    pub fn add(&mut self, stamped: &StampedLeg) -> Result<()> {
        let leg = &stamped.leg;
        let period = stamped.stamp.map_or(0, |stamp| stamp.period.number());
        let key = (
            owner_uuid(&leg.account),
            leg.account.kind.code(),
            leg.layer.code(),
            leg.currency.code().to_owned(),
            period,
        );
        let (debits, credits) = self.0.entry(key).or_default();
        let side = if leg.amount.0 < 0 { debits } else { credits };
        let sum = side.checked_add(leg.amount.0.checked_abs().ok_or_else(too_large)?);
        *side = sum.ok_or_else(too_large)?;
        Ok(())
    }

    /// As columns, in key order: every writer meets rows in the same order.
    pub fn columns(&self) -> Totals {
        let mut totals = Totals::default();
        for ((owner, account, layer, currency, period), (debits, credits)) in &self.0 {
            totals.push(TotalRow {
                owner: *owner,
                account: *account,
                layer: *layer,
                currency: currency.clone(),
                period: *period,
                debits: *debits,
                credits: *credits,
            });
        }
        totals
    }

    /// True when nothing is added.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn too_large() -> Error {
    Error::data("a total leaves 64 bits")
}

/// The owner of an account in the database: the party, or the nil uuid for the book itself.
pub fn owner_uuid(account: &Account) -> Uuid {
    match account.owner {
        Owner::Book => Uuid::nil(),
        Owner::Party(party) => party.uuid(),
    }
}

/// The account that an owner, a kind and a layer of the database name.
pub fn account_of(owner: Uuid, kind: i16, layer: i16) -> Result<(Account, Layer)> {
    let wrong = || Error::corrupt(format!("no account: owner {owner}, kind {kind}, layer {layer}"));
    let kind = crate::ledger::AccountKind::from_code(kind).ok_or_else(wrong)?;
    let layer = Layer::from_code(layer).ok_or_else(wrong)?;
    if owner.is_nil() {
        return Ok((Account::book(kind), layer));
    }
    let party = crate::base::PartyId::from_uuid(owner).map_err(|_| wrong())?;
    Ok((Account::of(party, kind), layer))
}

/// The word of a closed vocabulary as it stands in payloads (`live_exclusive`, `pending`).
pub(super) fn word<T: serde::Serialize>(value: &T) -> Result<String> {
    let json = serde_json::to_string(value)?;
    Ok(json.trim_matches('"').to_owned())
}
