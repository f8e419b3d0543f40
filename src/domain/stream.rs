//! Streams: the unit of contiguous versions and of loading. Each slice has one kind of stream and one id prefix.
//! Must never be parsed from a party's own words: ids are typed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::base::*;

/// The kind of a stream.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Slice {
    /// Settings, formulas, periods, clock of the book: one stream.
    Book,
    /// A party with its agency contracts.
    Party,
    /// An item with shop and category by date.
    Item,
    /// A shop with its brand.
    Shop,
    /// All rules of one item or shop.
    Shelf,
    /// What a limited rule has used; every event carries the totals, so the last one is the state.
    Usage,
    /// A sub-order line.
    Line,
    /// A pending command.
    Approval,
    /// A manual adjustment.
    Adjustment,
    /// A person with keys.
    Person,
    /// A legal entity.
    Entity,
    /// A cut-over with its openings.
    Cutover,
    /// A click (click logs only; one event a stream).
    Click,
    /// A placement with its assignments.
    Placement,
    /// An import.
    Import,
    /// How parked facts were dealt with; one event a stream.
    Resolution,
    /// A contract's month; every event carries the totals, so the last one is the state.
    Share,
    /// Returns of one buyer and item that name no order.
    Returns,
    /// A settlement run.
    Run,
    /// A settlement sheet.
    Sheet,
    /// Closing entries of a guarantee or a reserve; every event carries the totals, so the last one is the state.
    Closing,
    /// A payment made outside.
    Payment,
    /// A receipt of money.
    Receipt,
    /// Frozen money of a party.
    Freeze,
    /// The approval policy of a kind of pending command.
    Policy,
    /// A reconciliation with what became of its breaks.
    Reconciliation,
    /// A dispute of a line by a party.
    Dispute,
    /// A brief with its applications.
    Brief,
    /// A brand contract (V任务).
    Contract,
    /// What is reported of a supplier.
    Supplier,
    /// An offer with its versions.
    Offer,
    /// A quote.
    Quote,
    /// A purchase.
    Purchase,
    /// The samples that a holder asks for of one item.
    Sample,
    /// A product submission.
    Submission,
    /// A saved selection of the pool.
    Selection,
    /// A watch over an entry of the pool.
    Watch,
}

impl Slice {
    /// Every slice with its number in the database and its prefix on the wire.
    pub const ALL: [(Slice, i16, &'static str); 37] = [
        (Slice::Book, 1, BookId::PREFIX),
        (Slice::Party, 2, "pty"),
        (Slice::Item, 3, ItemId::PREFIX),
        (Slice::Shop, 4, ShopId::PREFIX),
        (Slice::Shelf, 5, ShelfId::PREFIX),
        (Slice::Usage, 6, UsageId::PREFIX),
        (Slice::Line, 7, LineId::PREFIX),
        (Slice::Approval, 8, ApprovalId::PREFIX),
        (Slice::Adjustment, 9, AdjustmentId::PREFIX),
        (Slice::Person, 10, PersonId::PREFIX),
        (Slice::Click, 11, ClickId::PREFIX),
        (Slice::Placement, 12, PlacementId::PREFIX),
        (Slice::Share, 13, ShareId::PREFIX),
        (Slice::Cutover, 25, CutoverId::PREFIX),
        (Slice::Entity, 33, EntityId::PREFIX),
        (Slice::Import, 20, ImportId::PREFIX),
        (Slice::Resolution, 21, ResolutionId::PREFIX),
        (Slice::Returns, 16, ReturnsId::PREFIX),
        (Slice::Run, 26, RunId::PREFIX),
        (Slice::Sheet, 27, SheetId::PREFIX),
        (Slice::Closing, 35, ClosingId::PREFIX),
        (Slice::Payment, 28, PaymentId::PREFIX),
        (Slice::Receipt, 29, ReceiptId::PREFIX),
        (Slice::Freeze, 30, FreezeId::PREFIX),
        (Slice::Policy, 32, PolicyId::PREFIX),
        (Slice::Reconciliation, 31, ReconciliationId::PREFIX),
        (Slice::Dispute, 34, DisputeId::PREFIX),
        (Slice::Brief, 36, BriefId::PREFIX),
        (Slice::Contract, 37, ContractId::PREFIX),
        (Slice::Supplier, 38, SupplierId::PREFIX),
        (Slice::Offer, 39, OfferId::PREFIX),
        (Slice::Quote, 40, QuoteId::PREFIX),
        (Slice::Purchase, 41, PurchaseId::PREFIX),
        (Slice::Sample, 42, SampleId::PREFIX),
        (Slice::Submission, 43, SubmissionId::PREFIX),
        (Slice::Selection, 44, SelectionId::PREFIX),
        (Slice::Watch, 45, WatchId::PREFIX),
    ];

    /// Number in the database.
    pub fn code(self) -> i16 {
        Slice::ALL
            .iter()
            .find(|(slice, ..)| *slice == self)
            .map_or(0, |(_, code, _)| *code)
    }

    /// From the number in the database.
    pub fn from_code(code: i16) -> Option<Slice> {
        Slice::ALL.iter().find(|(_, c, _)| *c == code).map(|(slice, ..)| *slice)
    }

    /// Every event of such a stream carries the totals after it: the last one is the state.
    pub fn carries_totals(self) -> bool {
        matches!(self, Slice::Usage | Slice::Share | Slice::Closing)
    }

    fn prefix(self) -> &'static str {
        Slice::ALL
            .iter()
            .find(|(slice, ..)| *slice == self)
            .map_or("xxx", |(.., prefix)| prefix)
    }
}

/// One stream of a log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct StreamId {
    /// Its kind.
    pub slice: Slice,
    /// Its id inside the kind.
    pub id: Uuid,
}

macro_rules! streams {
    ($($slice:ident from $id:ty),* $(,)?) => {$(
        impl From<$id> for StreamId {
            fn from(id: $id) -> StreamId {
                StreamId { slice: Slice::$slice, id: id.0 }
            }
        }
    )*};
}

streams!(Book from BookId, Item from ItemId, Shop from ShopId, Shelf from ShelfId, Usage from UsageId, Approval from
    ApprovalId, Adjustment from AdjustmentId, Person from PersonId, Click from ClickId, Placement from PlacementId,
    Cutover from CutoverId, Entity from EntityId, Import from ImportId, Share from ShareId, Returns from ReturnsId,
    Run from RunId, Sheet from SheetId, Closing from ClosingId, Payment from PaymentId, Receipt from ReceiptId, Freeze from FreezeId, Policy
    from PolicyId, Reconciliation from ReconciliationId, Dispute from DisputeId, Line from LineId, Resolution from
    ResolutionId, Brief from BriefId, Contract from ContractId);

streams!(Supplier from SupplierId, Offer from OfferId, Quote from QuoteId);
streams!(Purchase from PurchaseId, Sample from SampleId);

streams!(Submission from SubmissionId, Selection from SelectionId, Watch from WatchId);

impl From<PartyId> for StreamId {
    fn from(id: PartyId) -> StreamId {
        StreamId {
            slice: Slice::Party,
            id: id.uuid(),
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.slice, PartyId::from_uuid(self.id)) {
            (Slice::Party, Ok(party)) => party.fmt(f),
            _ => write!(f, "{}_{}", self.slice.prefix(), self.id.simple()),
        }
    }
}

impl FromStr for StreamId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<StreamId, IdError> {
        if let Ok(party) = text.parse::<PartyId>() {
            return Ok(party.into());
        }
        let wrong = IdError("a stream id");
        let (prefix, hex) = text.split_once('_').ok_or_else(|| wrong.clone())?;
        let slice = Slice::ALL
            .iter()
            .find(|(.., p)| *p == prefix)
            .map(|(slice, ..)| *slice)
            .ok_or_else(|| wrong.clone())?;
        let id = if hex.len() == 32 {
            Uuid::try_parse(hex).map_err(|_| wrong)?
        } else {
            return Err(wrong);
        };
        Ok(StreamId { slice, id })
    }
}

impl Serialize for StreamId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StreamId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
