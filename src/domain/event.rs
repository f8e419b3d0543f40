//! Every event of every slice, with wire names and schema versions. A new event: a variant here, then follow the compiler.
//! Must never lose a kind: what was once written decodes for ever (`tests/golden/events`).

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::adjustment::AdjustmentPosted;
use super::approval::ApprovalEvent;
use super::book::BookEvent;
use super::brief::{self, BriefEvent};
use super::catalogue::{ItemListed, ShopRegistered};
use super::click::Click;
use super::contract::{self, ContractEvent};
use super::cutover::{self, CutoverEvent};
use super::import::ImportEvent;
use super::order::{LineEvent, What};
use super::parked::ParkedResolved;
use super::party::PartyEvent;
use super::person::PersonEvent;
use super::placement::PlacementEvent;
use super::plan::UsageEvent;
use super::plan::event::ShelfEvent;
use super::share::ShareEvent;
use super::stream::Slice;
use crate::base::Instant;
use crate::ledger::{Entry, EntryError};

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
    /// A brief.
    Brief(Box<BriefEvent>),
    /// A brand contract.
    Contract(Box<ContractEvent>),
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
        /// Every wire name that this binary writes, with its schema version; those of lines, briefs and contracts come from their
        /// own `What::KINDS`.
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
    "membership.accrued" => |e| Event::Share(ShareEvent::Accrued(e));
    "membership.trued_up" => |e| Event::Share(ShareEvent::TruedUp(e));
    "item.listed" => Event::Item;
    "shop.registered" => Event::Shop;
    "rule.posted" => |e| Event::Shelf(ShelfEvent::Posted(e));
    "rule.changed" => |e| Event::Shelf(ShelfEvent::Changed(e));
    "rule.ended" => |e| Event::Shelf(ShelfEvent::Ended(e));
    "rule.subject_applied" => |e| Event::Shelf(ShelfEvent::Applied(e));
    "rule.subject_decided" => |e| Event::Shelf(ShelfEvent::Decided(e));
    "rule.used" => Event::Usage;
    "order.reattributed" => |e| Event::Line(LineEvent::Reattributed(e));
    "line.released" => |e| Event::Line(LineEvent::Released(e));
    "line.timer_fired" => |e| Event::Line(LineEvent::TimerFired(e));
    "approval.requested" => |e| Event::Approval(ApprovalEvent::Requested(e));
    "approval.approved" => |e| Event::Approval(ApprovalEvent::Approved(e));
    "approval.refused" => |e| Event::Approval(ApprovalEvent::Refused(e));
    "approval.withdrawn" => |e| Event::Approval(ApprovalEvent::Withdrawn(e));
    "adjustment.posted" => Event::Adjustment;
    "cutover.opened" => |e| Event::Cutover(CutoverEvent::Opened(e));
    "cutover.reversed" => |e| Event::Cutover(CutoverEvent::Reversed(e));
    "key.issued" => |e| Event::Person(PersonEvent::KeyIssued(e));
    "key.revoked" => |e| Event::Person(PersonEvent::KeyRevoked(e));
    "click.recorded" => Event::Click;
    "placement.assigned" => |e| Event::Placement(PlacementEvent::Assigned(e));
    "placement.ended" => |e| Event::Placement(PlacementEvent::Ended(e));
    "import.committed" => |e| Event::Import(ImportEvent::Committed(e));
    "import.reversal_begun" => |e| Event::Import(ImportEvent::ReversalBegun(e));
    "import.reversed" => |e| Event::Import(ImportEvent::Reversed(e));
    "parked.resolved" => Event::Resolution;
}

fn json<T: DeserializeOwned>(kind: &str, schema: i16, payload: &str) -> Result<T, DecodeError> {
    serde_json::from_str(payload).map_err(|source| DecodeError::Payload {
        kind: kind.to_owned(),
        schema,
        source,
    })
}

fn canonical<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    serde_json_canonicalizer::to_string(value)
}

impl Event {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Book(e) => match e {
                BookEvent::Opened(_) => "book.opened",
                BookEvent::OwnerNamed(_) => "book.owner_named",
                BookEvent::FormulaSet(_) => "formula.set",
                BookEvent::PeriodCutOff(_) => "period.cut_off",
                BookEvent::ClockMoved(_) => "book.clock_moved",
                BookEvent::TimerLapsed(_) => "timer.lapsed",
                BookEvent::Repaired(_) => "log.repaired",
                BookEvent::CutOver(_) => "book.cut_over",
            },
            Event::Party(e) => match e {
                PartyEvent::Registered(_) => "party.registered",
                PartyEvent::Renamed(_) => "party.renamed",
                PartyEvent::MembershipSigned(_) => "membership.signed",
                PartyEvent::MembershipAmended(_) => "membership.amended",
                PartyEvent::MembershipEnded(_) => "membership.ended",
            },
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
            Event::Approval(e) => match e {
                ApprovalEvent::Requested(_) => "approval.requested",
                ApprovalEvent::Approved(_) => "approval.approved",
                ApprovalEvent::Refused(_) => "approval.refused",
                ApprovalEvent::Withdrawn(_) => "approval.withdrawn",
            },
            Event::Adjustment(_) => "adjustment.posted",
            Event::Cutover(e) => match e {
                CutoverEvent::Opened(_) => "cutover.opened",
                CutoverEvent::Reversed(_) => "cutover.reversed",
            },
            Event::Person(e) => match e {
                PersonEvent::KeyIssued(_) => "key.issued",
                PersonEvent::KeyRevoked(_) => "key.revoked",
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
            Event::Brief(e) => e.what.kind(),
            Event::Contract(e) => e.what.kind(),
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
            Event::Shop(_) => Slice::Shop,
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
            Event::Brief(_) => Slice::Brief,
            Event::Contract(_) => Slice::Contract,
        }
    }

    /// Canonical payload (RFC 8785): the exact bytes that are kept and hashed.
    pub fn payload(&self) -> Result<String, serde_json::Error> {
        match self {
            Event::Book(e) => match e {
                BookEvent::Opened(e) => canonical(e),
                BookEvent::OwnerNamed(e) => canonical(e),
                BookEvent::FormulaSet(e) => canonical(e),
                BookEvent::PeriodCutOff(e) => canonical(e),
                BookEvent::ClockMoved(e) => canonical(e),
                BookEvent::TimerLapsed(e) => canonical(e),
                BookEvent::Repaired(e) => canonical(e),
                BookEvent::CutOver(e) => canonical(e),
            },
            Event::Party(e) => match e {
                PartyEvent::Registered(e) => canonical(e),
                PartyEvent::Renamed(e) => canonical(e),
                PartyEvent::MembershipSigned(e) => canonical(e),
                PartyEvent::MembershipAmended(e) => canonical(e),
                PartyEvent::MembershipEnded(e) => canonical(e),
            },
            Event::Item(e) => canonical(e),
            Event::Shop(e) => canonical(e),
            Event::Shelf(e) => match e {
                ShelfEvent::Posted(e) => canonical(e),
                ShelfEvent::Changed(e) => canonical(e),
                ShelfEvent::Ended(e) => canonical(e),
                ShelfEvent::Applied(e) => canonical(e),
                ShelfEvent::Decided(e) => canonical(e),
            },
            Event::Usage(e) => canonical(e),
            Event::Line(e) => match e {
                LineEvent::Fact(e) => canonical(e),
                LineEvent::Reattributed(e) => canonical(e),
                LineEvent::TimerFired(e) => canonical(e),
                LineEvent::Released(e) => canonical(e),
            },
            Event::Approval(e) => match e {
                ApprovalEvent::Requested(e) => canonical(e),
                ApprovalEvent::Approved(e) | ApprovalEvent::Refused(e) | ApprovalEvent::Withdrawn(e) => canonical(e),
            },
            Event::Adjustment(e) => canonical(e),
            Event::Cutover(e) => match e {
                CutoverEvent::Opened(e) => canonical(e),
                CutoverEvent::Reversed(e) => canonical(e),
            },
            Event::Person(e) => match e {
                PersonEvent::KeyIssued(e) => canonical(e),
                PersonEvent::KeyRevoked(e) => canonical(e),
            },
            Event::Click(e) => canonical(e),
            Event::Placement(e) => match e {
                PlacementEvent::Assigned(e) => canonical(e),
                PlacementEvent::Ended(e) => canonical(e),
            },
            Event::Import(e) => match e {
                ImportEvent::Committed(e) => canonical(e),
                ImportEvent::ReversalBegun(e) => canonical(e),
                ImportEvent::Reversed(e) => canonical(e),
            },
            Event::Resolution(e) => canonical(e),
            Event::Share(e) => match e {
                ShareEvent::Accrued(e) => canonical(e),
                ShareEvent::TruedUp(e) => canonical(e),
            },
            Event::Brief(e) => canonical(e),
            Event::Contract(e) => canonical(e),
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
            Event::Contract(e) => contract::post(e),
            Event::Book(_)
            | Event::Party(_)
            | Event::Item(_)
            | Event::Shop(_)
            | Event::Shelf(_)
            | Event::Usage(_)
            | Event::Approval(_)
            | Event::Person(_)
            | Event::Click(_)
            | Event::Placement(_)
            | Event::Import(_)
            | Event::Resolution(_)
            | Event::Brief(_) => Ok(Entry::default()),
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
            _ => None,
        };
        stated.unwrap_or(occurred_at)
    }
}
