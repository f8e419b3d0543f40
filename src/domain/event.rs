//! Every event of every slice, with wire names and schema versions. A new event: a variant here, then follow the compiler.
//! Must never lose a kind: what was once written decodes for ever (`tests/golden/events`).

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::adjustment::AdjustmentPosted;
use super::approval::ApprovalEvent;
use super::book::{BookEvent, BookState};
use super::brief::{self, BriefEvent};
use super::catalogue::{ItemListed, ShopRegistered};
use super::click::Click;
use super::contract::{self, ContractEvent};
use super::cutover::{self, CutoverEvent};
use super::dispute::DisputeEvent;
use super::entity::{EntityEvent, EntityNamed};
use super::freeze::{self, FreezeEvent};
use super::import::ImportEvent;
use super::offer::{OfferEvent, QuoteEvent};
use super::order::{LineEvent, What};
use super::parked::ParkedResolved;
use super::party::PartyEvent;
use super::payment::{self, PaymentEvent};
use super::person::PersonEvent;
use super::placement::PlacementEvent;
use super::plan::UsageEvent;
use super::plan::event::ShelfEvent;
use super::policy::PolicySet;
use super::pool::PoolEvent;
use super::purchase::{self, PurchaseEvent};
use super::receipt::{self, ReceiptEvent};
use super::recon::ReconEvent;
use super::returns::ReturnEvent;
use super::sample::{self, SampleEvent};
use super::selection::SelectionEvent;
use super::settlement::{ClosingEvent, RunEvent, SheetEvent};
use super::share::ShareEvent;
use super::stream::Slice;
use super::submission::SubmissionEvent;
use super::supplier::SupplierReported;
use super::watch::WatchEvent;
use crate::base::{Instant, Month};
use crate::ledger::{Entry, EntryError, Stamp};

/// One event of any slice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The book.
    Book(BookEvent),
    /// A party.
    Party(PartyEvent),
    /// `item.listed`
    Item(ItemListed),
    /// `shop.registered`
    Shop(ShopRegistered),
    /// `shop.entity_named`
    ShopEntity(EntityNamed),
    /// A legal entity.
    Entity(EntityEvent),
    /// A rule.
    Shelf(ShelfEvent),
    /// `rule.used`
    Usage(UsageEvent),
    /// A sub-order line.
    Line(LineEvent),
    /// A pending command.
    Approval(ApprovalEvent),
    /// `adjustment.posted`
    Adjustment(AdjustmentPosted),
    /// A cut-over.
    Cutover(CutoverEvent),
    /// A person's keys.
    Person(PersonEvent),
    /// `click.recorded`
    Click(Click),
    /// A placement.
    Placement(PlacementEvent),
    /// An import.
    Import(ImportEvent),
    /// `parked.resolved`
    Resolution(ParkedResolved),
    /// A contract's month.
    Share(ShareEvent),
    /// Returns that name no order.
    Returns(ReturnEvent),
    /// A settlement run.
    Run(RunEvent),
    /// A settlement sheet.
    Sheet(SheetEvent),
    /// A closing entry.
    Closing(ClosingEvent),
    /// A payment made outside.
    Payment(PaymentEvent),
    /// A receipt of money.
    Receipt(ReceiptEvent),
    /// Frozen money of a party.
    Freeze(FreezeEvent),
    /// `policy.set`
    Policy(PolicySet),
    /// A reconciliation.
    Recon(ReconEvent),
    /// A dispute.
    Dispute(DisputeEvent),
    /// A brief.
    Brief(Box<BriefEvent>),
    /// A brand contract.
    Contract(Box<ContractEvent>),
    /// `supplier.reported`
    Supplier(Box<SupplierReported>),
    /// An offer.
    Offer(OfferEvent),
    /// A quote.
    Quote(QuoteEvent),
    /// A purchase.
    Purchase(Box<PurchaseEvent>),
    /// Samples.
    Sample(Box<SampleEvent>),
    /// An item in the pool.
    Pool(PoolEvent),
    /// A product submission.
    Submission(SubmissionEvent),
    /// A saved selection.
    Selection(SelectionEvent),
    /// A watch.
    Watch(WatchEvent),
}

/// Why stored bytes are no event.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A kind this binary does not know: it was written by a newer one.
    #[error("unknown event kind {kind} version {schema}; is this binary older than the one that wrote the log?")]
    UnknownKind {
        /// Wire name.
        kind: String,
        /// Schema version.
        schema: i16,
    },
    /// The payload is not what its kind says.
    #[error("payload of {kind} version {schema} does not decode: {source}")]
    Payload {
        /// Wire name.
        kind: String,
        /// Schema version.
        schema: i16,
        /// What serde says.
        source: serde_json::Error,
    },
}

macro_rules! kinds {
    ($($kind:literal => $path:expr;)*) => {
        /// Every wire name that this binary writes, with its schema version; those of lines, briefs, contracts, purchases and
        /// samples come from their own `What::KINDS`.
        pub const KINDS: &[&str] = &[$($kind),*];

        fn decode_simple(kind: &str, schema: i16, payload: &str) -> Result<Option<Event>, DecodeError> {
            match (kind, schema) {
                $(($kind, 1) => Ok(Some($path(json(kind, schema, payload)?))),)*
                _ => Ok(None),
            }
        }
    };
}

kinds! {
    "book.opened" => |e| Event::Book(BookEvent::Opened(e));
    "book.owner_named" => |e| Event::Book(BookEvent::OwnerNamed(e));
    "formula.set" => |e| Event::Book(BookEvent::FormulaSet(e));
    "period.cut_off" => |e| Event::Book(BookEvent::PeriodCutOff(e));
    "book.clock_moved" => |e| Event::Book(BookEvent::ClockMoved(e));
    "timer.lapsed" => |e| Event::Book(BookEvent::TimerLapsed(e));
    "log.repaired" => |e| Event::Book(BookEvent::Repaired(e));
    "book.cut_over" => |e| Event::Book(BookEvent::CutOver(e));
    "party.registered" => |e| Event::Party(PartyEvent::Registered(e));
    "party.renamed" => |e| Event::Party(PartyEvent::Renamed(e));
    "membership.signed" => |e| Event::Party(PartyEvent::MembershipSigned(e));
    "membership.amended" => |e| Event::Party(PartyEvent::MembershipAmended(e));
    "membership.ended" => |e| Event::Party(PartyEvent::MembershipEnded(e));
    "party.suspended" => |e| Event::Party(PartyEvent::Suspended(e));
    "party.resumed" => |e| Event::Party(PartyEvent::Resumed(e));
    "party.scripted" => |e| Event::Party(PartyEvent::Scripted(e));
    "membership.accrued" => |e| Event::Share(ShareEvent::Accrued(e));
    "membership.trued_up" => |e| Event::Share(ShareEvent::TruedUp(e));
    "party.entity_named" => |e| Event::Party(PartyEvent::EntityNamed(e));
    "entity.registered" => |e| Event::Entity(EntityEvent::Registered(e));
    "entity.renamed" => |e| Event::Entity(EntityEvent::Renamed(e));
    "item.listed" => Event::Item;
    "shop.registered" => Event::Shop;
    "shop.entity_named" => Event::ShopEntity;
    "rule.posted" => |e| Event::Shelf(ShelfEvent::Posted(e));
    "rule.changed" => |e| Event::Shelf(ShelfEvent::Changed(e));
    "rule.ended" => |e| Event::Shelf(ShelfEvent::Ended(e));
    "rule.subject_applied" => |e| Event::Shelf(ShelfEvent::Applied(e));
    "rule.subject_decided" => |e| Event::Shelf(ShelfEvent::Decided(e));
    "rule.used" => Event::Usage;
    "order.reattributed" => |e| Event::Line(LineEvent::Reattributed(e));
    "line.released" => |e| Event::Line(LineEvent::Released(e));
    "line.timer_fired" => |e| Event::Line(LineEvent::TimerFired(e));
    "approval.requested" => |e| Event::Approval(ApprovalEvent::Requested(Box::new(e)));
    "approval.agreed" => |e| Event::Approval(ApprovalEvent::Agreed(e));
    "approval.approved" => |e| Event::Approval(ApprovalEvent::Approved(e));
    "approval.refused" => |e| Event::Approval(ApprovalEvent::Refused(e));
    "approval.withdrawn" => |e| Event::Approval(ApprovalEvent::Withdrawn(e));
    "adjustment.posted" => Event::Adjustment;
    "cutover.opened" => |e| Event::Cutover(CutoverEvent::Opened(e));
    "cutover.reversed" => |e| Event::Cutover(CutoverEvent::Reversed(e));
    "key.issued" => |e| Event::Person(PersonEvent::KeyIssued(e));
    "key.revoked" => |e| Event::Person(PersonEvent::KeyRevoked(e));
    "person.substituted" => |e| Event::Person(PersonEvent::Substituted(e));
    "click.recorded" => Event::Click;
    "placement.assigned" => |e| Event::Placement(PlacementEvent::Assigned(e));
    "placement.ended" => |e| Event::Placement(PlacementEvent::Ended(e));
    "import.committed" => |e| Event::Import(ImportEvent::Committed(e));
    "import.reversal_begun" => |e| Event::Import(ImportEvent::ReversalBegun(e));
    "import.reversed" => |e| Event::Import(ImportEvent::Reversed(e));
    "parked.resolved" => Event::Resolution;
    "return.told" => |e| Event::Returns(ReturnEvent::Told(e));
    "return.sales_joined" => |e| Event::Returns(ReturnEvent::Joined(e));
    "return.judged" => |e| Event::Returns(ReturnEvent::Judged(e));
    "return.withdrawn" => |e| Event::Returns(ReturnEvent::Withdrawn(e));
    "period.reopened" => |e| Event::Book(BookEvent::PeriodReopened(e));
    "settlement.terms_set" => |e| Event::Book(BookEvent::SettlementTermsSet(e));
    "run.started" => |e| Event::Run(RunEvent::Started(e));
    "run.reckoned" => |e| Event::Run(RunEvent::Reckoned(e));
    "run.drafted" => |e| Event::Run(RunEvent::Drafted(e));
    "run.waits" => |e| Event::Run(RunEvent::Waits(e));
    "run.approved" => |e| Event::Run(RunEvent::Approved(e));
    "run.issued" => |e| Event::Run(RunEvent::Issued(e));
    "run.locked" => |e| Event::Run(RunEvent::Locked(e));
    "run.dropped" => |e| Event::Run(RunEvent::Dropped(e));
    "sheet.drafted" => |e| Event::Sheet(SheetEvent::Drafted(e));
    "sheet.delivered" => |e| Event::Sheet(SheetEvent::Delivered(e));
    "sheet.confirmed" => |e| Event::Sheet(SheetEvent::Confirmed(e));
    "sheet.contested" => |e| Event::Sheet(SheetEvent::Contested(e));
    "sheet.answered" => |e| Event::Sheet(SheetEvent::Answered(e));
    "sheet.held_back" => |e| Event::Sheet(SheetEvent::HeldBack(e));
    "sheet.deemed_confirmed" => |e| Event::Sheet(SheetEvent::DeemedConfirmed(e));
    "guarantee.settled" => |e| Event::Closing(ClosingEvent::Guarantee(e));
    "reserve.held" => |e| Event::Closing(ClosingEvent::Held(e));
    "reserve.released" => |e| Event::Closing(ClosingEvent::Released(e));
    "payment.recorded" => |e| Event::Payment(PaymentEvent::Recorded(Box::new(e)));
    "payment.returned" => |e| Event::Payment(PaymentEvent::Returned(e));
    "receipt.recorded" => |e| Event::Receipt(ReceiptEvent::Recorded(Box::new(e)));
    "receipt.parked" => |e| Event::Receipt(ReceiptEvent::Parked(Box::new(e)));
    "receipt.matched" => |e| Event::Receipt(ReceiptEvent::Matched(e));
    "receipt.unmatched" => |e| Event::Receipt(ReceiptEvent::Unmatched(e));
    "receipt.withdrawn" => |e| Event::Receipt(ReceiptEvent::Withdrawn(e));
    "freeze.placed" => |e| Event::Freeze(FreezeEvent::Placed(Box::new(e)));
    "freeze.lifted" => |e| Event::Freeze(FreezeEvent::Lifted(e));
    "freeze.forfeited" => |e| Event::Freeze(FreezeEvent::Forfeited(Box::new(e)));
    "policy.set" => Event::Policy;
    "reconciliation.run" => |e| Event::Recon(ReconEvent::Run(e));
    "reconciliation.resolved" => |e| Event::Recon(ReconEvent::Resolved(e));
    "dispute.opened" => |e| Event::Dispute(DisputeEvent::Opened(e));
    "dispute.answered" => |e| Event::Dispute(DisputeEvent::Answered(e));
    "supplier.reported" => |e| Event::Supplier(Box::new(e));
    "offer.published" => |e| Event::Offer(OfferEvent::Published(e));
    "offer.status_changed" => |e| Event::Offer(OfferEvent::StatusChanged(e));
    "offer.reported" => |e| Event::Offer(OfferEvent::Reported(e));
    "quote.given" => |e| Event::Quote(QuoteEvent::Given(Box::new(e)));
    "quote.used" => |e| Event::Quote(QuoteEvent::Used(e));
    "party.card_set" => |e| Event::Party(PartyEvent::CardSet(e));
    "party.prefund_set" => |e| Event::Party(PartyEvent::PrefundSet(e));
    "book.prefund_set" => |e| Event::Book(BookEvent::PrefundSet(e));
    "calendar.set" => |e| Event::Book(BookEvent::CalendarSet(e));
    "sheet.issued" => |e| Event::Sheet(SheetEvent::Issued(e));
    "pool.listed" => |e| Event::Pool(PoolEvent::Listed(Box::new(e)));
    "pool.rated" => |e| Event::Pool(PoolEvent::Rated(Box::new(e)));
    "pool.withdrawn" => |e| Event::Pool(PoolEvent::Withdrawn(e));
    "submission.made" => |e| Event::Submission(SubmissionEvent::Made(Box::new(e)));
    "submission.amended" => |e| Event::Submission(SubmissionEvent::Amended(Box::new(e)));
    "submission.reviewed" => |e| Event::Submission(SubmissionEvent::Reviewed(e));
    "submission.placed" => |e| Event::Submission(SubmissionEvent::Placed(e));
    "submission.closed" => |e| Event::Submission(SubmissionEvent::Closed(e));
    "selection.saved" => |e| Event::Selection(SelectionEvent::Saved(e));
    "selection.removed" => |e| Event::Selection(SelectionEvent::Removed(e));
    "watch.set" => |e| Event::Watch(WatchEvent::Set(e));
    "watch.fired" => |e| Event::Watch(WatchEvent::Fired(e));
    "watch.dropped" => |e| Event::Watch(WatchEvent::Dropped(e));
}

fn json<T: DeserializeOwned>(kind: &str, schema: i16, payload: &str) -> Result<T, DecodeError> {
    serde_json::from_str(payload).map_err(|source| DecodeError::Payload {
        kind: kind.to_owned(),
        schema,
        source,
    })
}

/// The canonical form of whichever it is.
macro_rules! each {
    ($event:expr, $of:ident: $($variant:ident),+) => {
        match $event {
            $($of::$variant(e) => canonical(e),)+
        }
    };
}

fn canonical<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    serde_json_canonicalizer::to_string(value)
}

impl Event {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Book(e) => e.kind(),
            Event::Party(e) => e.kind(),
            Event::ShopEntity(_) => "shop.entity_named",
            Event::Entity(e) => e.kind(),
            Event::Item(_) => "item.listed",
            Event::Shop(_) => "shop.registered",
            Event::Shelf(e) => match e {
                ShelfEvent::Posted(_) => "rule.posted",
                ShelfEvent::Changed(_) => "rule.changed",
                ShelfEvent::Ended(_) => "rule.ended",
                ShelfEvent::Applied(_) => "rule.subject_applied",
                ShelfEvent::Decided(_) => "rule.subject_decided",
            },
            Event::Usage(_) => "rule.used",
            Event::Line(e) => match e {
                LineEvent::Fact(fact) => fact.fact.what.kind(),
                LineEvent::Reattributed(_) => "order.reattributed",
                LineEvent::TimerFired(_) => "line.timer_fired",
                LineEvent::Released(_) => "line.released",
            },
            Event::Approval(e) => e.kind(),
            Event::Adjustment(_) => "adjustment.posted",
            Event::Cutover(e) => match e {
                CutoverEvent::Opened(_) => "cutover.opened",
                CutoverEvent::Reversed(_) => "cutover.reversed",
            },
            Event::Person(e) => match e {
                PersonEvent::KeyIssued(_) => "key.issued",
                PersonEvent::KeyRevoked(_) => "key.revoked",
                PersonEvent::Substituted(_) => "person.substituted",
            },
            Event::Click(_) => "click.recorded",
            Event::Placement(e) => match e {
                PlacementEvent::Assigned(_) => "placement.assigned",
                PlacementEvent::Ended(_) => "placement.ended",
            },
            Event::Import(e) => match e {
                ImportEvent::Committed(_) => "import.committed",
                ImportEvent::ReversalBegun(_) => "import.reversal_begun",
                ImportEvent::Reversed(_) => "import.reversed",
            },
            Event::Resolution(_) => "parked.resolved",
            Event::Share(e) => match e {
                ShareEvent::Accrued(_) => "membership.accrued",
                ShareEvent::TruedUp(_) => "membership.trued_up",
            },
            Event::Returns(e) => e.kind(),
            Event::Run(e) => e.kind(),
            Event::Sheet(e) => e.kind(),
            Event::Closing(e) => e.kind(),
            Event::Payment(e) => e.kind(),
            Event::Receipt(e) => e.kind(),
            Event::Freeze(e) => e.kind(),
            Event::Policy(_) => "policy.set",
            Event::Recon(e) => e.kind(),
            Event::Dispute(e) => e.kind(),
            Event::Brief(e) => e.what.kind(),
            Event::Contract(e) => e.what.kind(),
            Event::Supplier(_) => "supplier.reported",
            Event::Offer(e) => e.kind(),
            Event::Quote(e) => e.kind(),
            Event::Purchase(e) => e.what.kind(),
            Event::Sample(e) => e.what.kind(),
            Event::Pool(e) => e.kind(),
            Event::Submission(e) => e.kind(),
            Event::Selection(e) => e.kind(),
            Event::Watch(e) => e.kind(),
        }
    }

    /// Schema version of what is written today.
    pub fn schema(&self) -> i16 {
        1
    }

    /// The slice whose stream it belongs to.
    pub fn slice(&self) -> Slice {
        match self {
            Event::Book(_) => Slice::Book,
            Event::Party(_) => Slice::Party,
            Event::Item(_) => Slice::Item,
            Event::Shop(_) | Event::ShopEntity(_) => Slice::Shop,
            Event::Entity(_) => Slice::Entity,
            Event::Shelf(_) => Slice::Shelf,
            Event::Usage(_) => Slice::Usage,
            Event::Line(_) => Slice::Line,
            Event::Approval(_) => Slice::Approval,
            Event::Adjustment(_) => Slice::Adjustment,
            Event::Cutover(_) => Slice::Cutover,
            Event::Person(_) => Slice::Person,
            Event::Click(_) => Slice::Click,
            Event::Placement(_) => Slice::Placement,
            Event::Import(_) => Slice::Import,
            Event::Resolution(_) => Slice::Resolution,
            Event::Share(_) => Slice::Share,
            Event::Returns(_) => Slice::Returns,
            Event::Run(_) => Slice::Run,
            Event::Sheet(_) => Slice::Sheet,
            Event::Closing(_) => Slice::Closing,
            Event::Payment(_) => Slice::Payment,
            Event::Receipt(_) => Slice::Receipt,
            Event::Freeze(_) => Slice::Freeze,
            Event::Policy(_) => Slice::Policy,
            Event::Recon(_) => Slice::Reconciliation,
            Event::Dispute(_) => Slice::Dispute,
            Event::Brief(_) => Slice::Brief,
            Event::Contract(_) => Slice::Contract,
            Event::Supplier(_) => Slice::Supplier,
            Event::Offer(_) => Slice::Offer,
            Event::Quote(_) => Slice::Quote,
            Event::Purchase(_) => Slice::Purchase,
            Event::Sample(_) => Slice::Sample,
            Event::Pool(_) => Slice::Item,
            Event::Submission(_) => Slice::Submission,
            Event::Selection(_) => Slice::Selection,
            Event::Watch(_) => Slice::Watch,
        }
    }

    /// Canonical payload (RFC 8785): the exact bytes that are kept and hashed.
    pub fn payload(&self) -> Result<String, serde_json::Error> {
        match self {
            Event::Book(e) => {
                each!(e, BookEvent: Opened, OwnerNamed, FormulaSet, PeriodCutOff, ClockMoved, TimerLapsed, Repaired, CutOver, PeriodReopened, SettlementTermsSet, PrefundSet, CalendarSet)
            }
            Event::Party(e) => {
                each!(e, PartyEvent: Registered, Renamed, MembershipSigned, MembershipAmended, MembershipEnded, EntityNamed, Suspended, Resumed, CardSet, PrefundSet, Scripted)
            }
            Event::ShopEntity(e) => canonical(e),
            Event::Entity(e) => each!(e, EntityEvent: Registered, Renamed),
            Event::Item(e) => canonical(e),
            Event::Shop(e) => canonical(e),
            Event::Shelf(e) => each!(e, ShelfEvent: Posted, Changed, Ended, Applied, Decided),
            Event::Usage(e) => canonical(e),
            Event::Line(e) => each!(e, LineEvent: Fact, Reattributed, TimerFired, Released),
            Event::Approval(e) => each!(e, ApprovalEvent: Requested, Agreed, Approved, Refused, Withdrawn),
            Event::Adjustment(e) => canonical(e),
            Event::Cutover(e) => each!(e, CutoverEvent: Opened, Reversed),
            Event::Person(e) => each!(e, PersonEvent: KeyIssued, KeyRevoked, Substituted),
            Event::Click(e) => canonical(e),
            Event::Placement(e) => each!(e, PlacementEvent: Assigned, Ended),
            Event::Import(e) => each!(e, ImportEvent: Committed, ReversalBegun, Reversed),
            Event::Resolution(e) => canonical(e),
            Event::Share(e) => each!(e, ShareEvent: Accrued, TruedUp),
            Event::Returns(e) => each!(e, ReturnEvent: Told, Joined, Judged, Withdrawn),
            Event::Run(e) => each!(e, RunEvent: Started, Reckoned, Drafted, Waits, Approved, Issued, Locked, Dropped),
            Event::Sheet(e) => {
                each!(e, SheetEvent: Drafted, Delivered, Confirmed, Contested, Answered, HeldBack, DeemedConfirmed, Issued)
            }
            Event::Closing(e) => each!(e, ClosingEvent: Guarantee, Held, Released),
            Event::Payment(e) => each!(e, PaymentEvent: Recorded, Returned),
            Event::Receipt(e) => each!(e, ReceiptEvent: Recorded, Parked, Matched, Unmatched, Withdrawn),
            Event::Freeze(e) => each!(e, FreezeEvent: Placed, Lifted, Forfeited),
            Event::Policy(e) => canonical(e),
            Event::Recon(e) => each!(e, ReconEvent: Run, Resolved),
            Event::Dispute(e) => each!(e, DisputeEvent: Opened, Answered),
            Event::Brief(e) => canonical(e),
            Event::Contract(e) => canonical(e),
            Event::Supplier(e) => canonical(e),
            Event::Offer(e) => each!(e, OfferEvent: Published, StatusChanged, Reported),
            Event::Quote(e) => each!(e, QuoteEvent: Given, Used),
            Event::Purchase(e) => canonical(e),
            Event::Sample(e) => canonical(e),
            Event::Pool(e) => each!(e, PoolEvent: Listed, Rated, Withdrawn),
            Event::Submission(e) => each!(e, SubmissionEvent: Made, Amended, Reviewed, Placed, Closed),
            Event::Selection(e) => each!(e, SelectionEvent: Saved, Removed),
            Event::Watch(e) => each!(e, WatchEvent: Set, Fired, Dropped),
        }
    }

    /// Reads a stored event; older schema versions are upcast here.
    pub fn decode(kind: &str, schema: i16, payload: &str) -> Result<Event, DecodeError> {
        if schema == 1 && What::KINDS.contains(&kind) {
            return Ok(Event::Line(LineEvent::Fact(json(kind, schema, payload)?)));
        }
        if schema == 1 && brief::event::What::KINDS.contains(&kind) {
            return Ok(Event::Brief(json(kind, schema, payload)?));
        }
        if schema == 1 && contract::event::What::KINDS.contains(&kind) {
            return Ok(Event::Contract(json(kind, schema, payload)?));
        }
        if schema == 1 && purchase::What::KINDS.contains(&kind) {
            return Ok(Event::Purchase(json(kind, schema, payload)?));
        }
        if schema == 1 && sample::What::KINDS.contains(&kind) {
            return Ok(Event::Sample(json(kind, schema, payload)?));
        }
        decode_simple(kind, schema, payload)?.ok_or_else(|| DecodeError::UnknownKind {
            kind: kind.to_owned(),
            schema,
        })
    }

    /// The entry this event posts; empty for most.
    pub fn post(&self) -> Result<Entry, EntryError> {
        match self {
            Event::Line(e) => super::order::post::post(e),
            Event::Adjustment(e) => super::adjustment::post(e),
            Event::Cutover(e) => cutover::post(e),
            Event::Share(e) => super::share::post::post(e),
            Event::Closing(e) => super::settlement::closing::post(e),
            Event::Payment(e) => payment::post(e),
            Event::Receipt(e) => receipt::post(e),
            Event::Freeze(e) => freeze::post(e),
            Event::Contract(e) => contract::post(e),
            Event::Book(_)
            | Event::Party(_)
            | Event::Item(_)
            | Event::Shop(_)
            | Event::ShopEntity(_)
            | Event::Entity(_)
            | Event::Shelf(_)
            | Event::Usage(_)
            | Event::Approval(_)
            | Event::Person(_)
            | Event::Click(_)
            | Event::Placement(_)
            | Event::Import(_)
            | Event::Resolution(_)
            | Event::Returns(_)
            | Event::Run(_)
            | Event::Sheet(_)
            | Event::Policy(_)
            | Event::Recon(_)
            | Event::Dispute(_) => Ok(Entry::default()),
            Event::Brief(_) => Ok(Entry::default()),
            Event::Supplier(_) | Event::Offer(_) | Event::Quote(_) => Ok(Entry::default()),
            Event::Purchase(e) => purchase::post(e),
            Event::Sample(e) => sample::post(e),
            Event::Pool(_) => Ok(Entry::default()),
            Event::Submission(_) | Event::Selection(_) | Event::Watch(_) => Ok(Entry::default()),
        }
    }

    /// The date of its settled legs: stated by the event, else its business time.
    pub fn accounting_at(&self, occurred_at: Instant) -> Instant {
        let stated = match self {
            Event::Line(LineEvent::Fact(e)) => e.accounting_at,
            Event::Line(LineEvent::Reattributed(e)) => e.accounting_at,
            Event::Line(LineEvent::TimerFired(e)) => e.accounting_at,
            Event::Line(LineEvent::Released(e)) => e.accounting_at,
            Event::Adjustment(e) => Some(e.at),
            Event::Cutover(CutoverEvent::Opened(e)) => Some(e.at),
            Event::Cutover(CutoverEvent::Reversed(e)) => Some(e.at),
            Event::Share(ShareEvent::TruedUp(e)) => Some(e.at),
            Event::Closing(e) => Some(e.at()),
            Event::Payment(PaymentEvent::Recorded(e)) => Some(e.at),
            Event::Payment(PaymentEvent::Returned(e)) => Some(e.at),
            Event::Receipt(e) => Some(e.at()),
            Event::Freeze(e) => Some(e.at()),
            _ => None,
        };
        stated.unwrap_or(occurred_at)
    }

    /// The month that a closing entry of a run is stamped into, although it is cut off.
    pub fn closes(&self) -> Option<Month> {
        match self {
            Event::Share(ShareEvent::TruedUp(e)) => e.closes,
            Event::Closing(e) => Some(e.period()),
            _ => None,
        }
    }

    /// The period of its settled legs (decision B12): of a closing entry the month that its run closes; of anything else the
    /// month of its date, or the earliest open one when that is cut off.
    pub fn stamp(&self, book: &BookState, occurred_at: Instant) -> Stamp {
        let at = self.accounting_at(occurred_at);
        match self.closes() {
            Some(period) => {
                let own = book.opened.zone.month(at);
                Stamp {
                    period,
                    points_back_to: Some(own).filter(|own| *own < period),
                }
            }
            None => book.stamp(at),
        }
    }
}
