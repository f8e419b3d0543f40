//! The world a decision sees: folds of this log's own streams, with an undo journal so that a refused command leaves nothing.
//! Must never be asked for a stream that was not loaded: absent and not loaded are different things.

use std::collections::HashMap;
use std::sync::Arc;

use super::adjustment::AdjustmentState;
use super::approval::ApprovalState;
use super::book::BookState;
use super::brief::BriefState;
use super::catalogue::{ItemState, ShopState};
use super::contract::ContractState;
use super::cutover::CutoverState;
use super::dispute::DisputeState;
use super::entity::EntityState;
use super::event::Event;
use super::freeze::FreezeState;
use super::import::ImportState;
use super::offer::{OfferState, QuoteState};
use super::order::LineState;
use super::party::PartyState;
use super::payment::PaymentState;
use super::person::PersonState;
use super::placement::PlacementState;
use super::plan::{ShelfState, UsageState};
use super::policy::PolicyState;
use super::purchase::PurchaseState;
use super::receipt::ReceiptState;
use super::recon::ReconState;
use super::returns::ReturnsState;
use super::sample::SampleState;
use super::selection::SelectionState;
use super::settlement::{ClosingState, RunState, SheetState};
use super::share::ShareState;
use super::stream::StreamId;
use super::submission::SubmissionState;
use super::supplier::SupplierState;
use super::watch::WatchState;
use crate::base::{EventId, Instant, LogId};

/// Where and when an event stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Placed {
    /// Which log.
    pub log: LogId,
    /// Position in it, from 1.
    pub position: i64,
    /// Version in its stream, from 1.
    pub version: i64,
    /// The event's id.
    pub id: EventId,
    /// Business time.
    pub occurred_at: Instant,
    /// Time of recording.
    pub recorded_at: Instant,
}

/// The fold of one stream.
#[derive(Clone, PartialEq, Debug)]
pub enum Entity {
    /// The book.
    Book(Arc<BookState>),
    /// A party.
    Party(Arc<PartyState>),
    /// An item.
    Item(Arc<ItemState>),
    /// A shop.
    Shop(Arc<ShopState>),
    /// Rules of an item or shop.
    Shelf(Arc<ShelfState>),
    /// What a limited rule has used.
    Usage(Arc<UsageState>),
    /// A line.
    Line(Arc<LineState>),
    /// A pending command.
    Approval(Arc<ApprovalState>),
    /// An adjustment.
    Adjustment(Arc<AdjustmentState>),
    /// A cut-over.
    Cutover(Arc<CutoverState>),
    /// A legal entity.
    Entity(Arc<EntityState>),
    /// A person.
    Person(Arc<PersonState>),
    /// A placement.
    Placement(Arc<PlacementState>),
    /// An import.
    Import(Arc<ImportState>),
    /// A contract's month.
    Share(Arc<ShareState>),
    /// Returns of one buyer and item.
    Returns(Arc<ReturnsState>),
    /// A settlement run.
    Run(Arc<RunState>),
    /// A settlement sheet.
    Sheet(Arc<SheetState>),
    /// Closing entries of a guarantee or a reserve.
    Closing(Arc<ClosingState>),
    /// A payment made outside.
    Payment(Arc<PaymentState>),
    /// A receipt of money.
    Receipt(Arc<ReceiptState>),
    /// Frozen money of a party.
    Freeze(Arc<FreezeState>),
    /// An approval policy.
    Policy(Arc<PolicyState>),
    /// A reconciliation.
    Recon(Arc<ReconState>),
    /// A dispute.
    Dispute(Arc<DisputeState>),
    /// A brief.
    Brief(Arc<BriefState>),
    /// A brand contract.
    Contract(Arc<ContractState>),
    /// What is reported of a supplier.
    Supplier(Arc<SupplierState>),
    /// An offer.
    Offer(Arc<OfferState>),
    /// A quote.
    Quote(Arc<QuoteState>),
    /// A purchase.
    Purchase(Arc<PurchaseState>),
    /// Samples of a holder and item.
    Sample(Arc<SampleState>),
    /// A product submission.
    Submission(Arc<SubmissionState>),
    /// A saved selection.
    Selection(Arc<SelectionState>),
    /// A watch.
    Watch(Arc<WatchState>),
}

/// A fold with the version it stands at.
#[derive(Clone, PartialEq, Debug)]
pub struct Known {
    /// Version of the last event folded; 0 for a stream that does not exist.
    pub version: i64,
    /// The fold; none for a stream that does not exist.
    pub entity: Option<Entity>,
}

impl Known {
    /// A stream that does not exist (yet).
    pub const ABSENT: Known = Known {
        version: 0,
        entity: None,
    };

    /// Folds one event on top.
    pub fn evolve(&mut self, event: &Event, placed: &Placed) {
        self.version = placed.version;
        macro_rules! fold {
            ($kind:ident, $($event:expr),+) => {{
                if self.entity.is_none() {
                    self.entity = Some(Entity::$kind(Arc::default()));
                }
                if let Some(Entity::$kind(state)) = &mut self.entity {
                    Arc::make_mut(state).evolve($($event),+);
                }
            }};
        }
        match event {
            Event::Book(e) => match &mut self.entity {
                Some(Entity::Book(state)) => Arc::make_mut(state).evolve(e),
                _ => self.entity = BookState::begin(e).map(|state| Entity::Book(Arc::new(state))),
            },
            Event::Party(e) => match &mut self.entity {
                Some(Entity::Party(state)) => Arc::make_mut(state).evolve(e),
                _ => self.entity = PartyState::begin(e).map(|state| Entity::Party(Arc::new(state))),
            },
            Event::Returns(e) => fold!(Returns, e, placed.position),
            Event::Sheet(e) => fold!(Sheet, e, placed),
            Event::Run(e) => fold!(Run, e),
            Event::Closing(e) => fold!(Closing, e),
            Event::Receipt(e) => fold!(Receipt, e, placed),
            Event::Line(e) => fold!(Line, e, placed),
            Event::Brief(e) => fold!(Brief, e, placed.log, placed.position),
            Event::Contract(e) => fold!(Contract, e, placed.log, placed.position),
            Event::Item(e) => fold!(Item, e),
            Event::Shop(e) => fold!(Shop, e),
            Event::ShopEntity(e) => {
                if let Some(Entity::Shop(state)) = &mut self.entity {
                    Arc::make_mut(state).entity = e.entity;
                }
            }
            Event::Entity(e) => fold!(Entity, e),
            Event::Shelf(e) => fold!(Shelf, e),
            Event::Usage(e) => fold!(Usage, e),
            Event::Approval(e) => fold!(Approval, e),
            Event::Adjustment(e) => fold!(Adjustment, e),
            Event::Cutover(e) => fold!(Cutover, e),
            Event::Person(e) => fold!(Person, e),
            Event::Placement(e) => fold!(Placement, e),
            Event::Share(e) => fold!(Share, e),
            Event::Recon(e) => fold!(Recon, e),
            Event::Dispute(e) => fold!(Dispute, e),
            Event::Import(e) => fold!(Import, e),
            Event::Payment(e) => fold!(Payment, e),
            Event::Freeze(e) => fold!(Freeze, e),
            Event::Policy(e) => fold!(Policy, e),
            Event::Supplier(e) => fold!(Supplier, e),
            Event::Offer(e) => fold!(Offer, e),
            Event::Quote(e) => fold!(Quote, e),
            Event::Purchase(e) => fold!(Purchase, e, placed.log, placed.position, placed.occurred_at),
            Event::Sample(e) => fold!(Sample, e, placed.occurred_at),
            Event::Submission(e) => fold!(Submission, e),
            Event::Selection(e) => fold!(Selection, e),
            Event::Watch(e) => fold!(Watch, e),
            Event::Pool(e) => {
                if let Some(Entity::Item(state)) = &mut self.entity {
                    Arc::make_mut(state).pooled(e);
                }
            }
            // One event a stream, and nothing is decided on it.
            Event::Click(_) | Event::Resolution(_) => {}
        }
    }
}

/// Streams that were loaded, with an undo journal.
#[derive(Default, Debug)]
pub struct World {
    streams: HashMap<StreamId, Known>,
    journal: Vec<(StreamId, Option<Known>)>,
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident: $kind:ident($state:ty) by $id:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self, id: $id) -> Option<&Arc<$state>> {
            match self.streams.get(&StreamId::from(id))?.entity.as_ref()? {
                Entity::$kind(state) => Some(state),
                _ => None,
            }
        }
    )*};
}

impl World {
    getters! {
        /// The book.
        book: Book(BookState) by crate::base::BookId;
        /// A party.
        party: Party(PartyState) by crate::base::PartyId;
        /// An item.
        item: Item(ItemState) by crate::base::ItemId;
        /// A shop.
        shop: Shop(ShopState) by crate::base::ShopId;
        /// Rules of an item or shop.
        shelf: Shelf(ShelfState) by crate::base::ShelfId;
        /// What a limited rule has used.
        usage: Usage(UsageState) by crate::base::UsageId;
        /// A line.
        line: Line(LineState) by crate::base::LineId;
        /// A pending command.
        approval: Approval(ApprovalState) by crate::base::ApprovalId;
        /// An adjustment.
        adjustment: Adjustment(AdjustmentState) by crate::base::AdjustmentId;
        /// A cut-over.
        cutover: Cutover(CutoverState) by crate::base::CutoverId;
        /// A legal entity.
        entity: Entity(EntityState) by crate::base::EntityId;
        /// A person.
        person: Person(PersonState) by crate::base::PersonId;
        /// A placement.
        placement: Placement(PlacementState) by crate::base::PlacementId;
        /// An import.
        import: Import(ImportState) by crate::base::ImportId;
        /// A contract's month.
        share: Share(ShareState) by crate::base::ShareId;
        /// Returns of one buyer and item.
        returns: Returns(ReturnsState) by crate::base::ReturnsId;
        /// A settlement run.
        run: Run(RunState) by crate::base::RunId;
        /// A settlement sheet.
        sheet: Sheet(SheetState) by crate::base::SheetId;
        /// Closing entries of a guarantee or a reserve.
        closing: Closing(ClosingState) by crate::base::ClosingId;
        /// A payment made outside.
        payment: Payment(PaymentState) by crate::base::PaymentId;
        /// A receipt of money.
        receipt: Receipt(ReceiptState) by crate::base::ReceiptId;
        /// Frozen money of a party.
        freeze: Freeze(FreezeState) by crate::base::FreezeId;
        /// An approval policy.
        policy: Policy(PolicyState) by crate::base::PolicyId;
        /// A reconciliation.
        recon: Recon(ReconState) by crate::base::ReconciliationId;
        /// A dispute.
        dispute: Dispute(DisputeState) by crate::base::DisputeId;
        /// A brief.
        brief: Brief(BriefState) by crate::base::BriefId;
        /// A brand contract.
        contract: Contract(ContractState) by crate::base::ContractId;
        /// What is reported of a supplier.
        supplier: Supplier(SupplierState) by crate::base::SupplierId;
        /// An offer.
        offer: Offer(OfferState) by crate::base::OfferId;
        /// A quote.
        quote: Quote(QuoteState) by crate::base::QuoteId;
        /// A purchase.
        purchase: Purchase(PurchaseState) by crate::base::PurchaseId;
        /// Samples of a holder and item.
        sample: Sample(SampleState) by crate::base::SampleId;
        /// A product submission.
        submission: Submission(SubmissionState) by crate::base::SubmissionId;
        /// A saved selection.
        selection: Selection(SelectionState) by crate::base::SelectionId;
        /// A watch.
        watch: Watch(WatchState) by crate::base::WatchId;
    }

    /// True when the stream was loaded, even if it does not exist.
    pub fn knows(&self, stream: StreamId) -> bool {
        self.streams.contains_key(&stream)
    }

    /// Version of a loaded stream; 0 when it does not exist.
    pub fn version(&self, stream: StreamId) -> i64 {
        self.streams.get(&stream).map_or(0, |known| known.version)
    }

    /// The fold of a loaded stream with its version.
    pub fn get(&self, stream: StreamId) -> Option<&Known> {
        self.streams.get(&stream)
    }

    /// Tells a loaded stream; not undone.
    pub fn tell(&mut self, stream: StreamId, known: Known) {
        self.streams.insert(stream, known);
    }

    /// Folds an event; can be undone until the next savepoint is dropped.
    pub fn apply(&mut self, stream: StreamId, event: &Event, placed: &Placed) {
        let before = self.streams.get(&stream).cloned();
        self.journal.push((stream, before));
        self.streams
            .entry(stream)
            .or_insert(Known::ABSENT)
            .evolve(event, placed);
    }

    /// A point to come back to.
    pub fn savepoint(&self) -> usize {
        self.journal.len()
    }

    /// Undoes everything since a savepoint.
    pub fn undo_to(&mut self, savepoint: usize) {
        while self.journal.len() > savepoint {
            match self.journal.pop() {
                Some((stream, Some(known))) => {
                    self.streams.insert(stream, known);
                }
                Some((stream, None)) => {
                    self.streams.remove(&stream);
                }
                None => return,
            }
        }
    }

    /// The streams changed since a savepoint, each once.
    pub fn changed_since(&self, savepoint: usize) -> Vec<StreamId> {
        let mut streams: Vec<StreamId> = self.journal.iter().skip(savepoint).map(|(stream, _)| *stream).collect();
        streams.sort_unstable();
        streams.dedup();
        streams
    }

    /// Every stream in the journal that existed before it, as it stood then.
    pub fn before_journal(&self) -> HashMap<StreamId, &Known> {
        let mut before = HashMap::new();
        for (stream, known) in self.journal.iter().rev() {
            match known {
                Some(known) => before.insert(*stream, known),
                None => before.remove(stream),
            };
        }
        before
    }

    /// Forgets the journal: what was applied stands.
    pub fn keep(&mut self) {
        self.journal.clear();
    }

    /// Forgets streams.
    pub fn forget(&mut self, streams: impl IntoIterator<Item = StreamId>) {
        for stream in streams {
            self.streams.remove(&stream);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.streams.clear();
        self.journal.clear();
    }

    /// How many streams are kept.
    pub fn len(&self) -> usize {
        self.streams.len()
    }

    /// True when nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }
}
