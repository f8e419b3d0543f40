//! The scribe: gives each decided event its place (position, version, id) and folds it into the world at once, so that
//! the next decision of the batch sees it.
//! Must never write anything: what it recorded is handed to the store.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use crate::base::{BookId, ContractId, EventId, Instant, LineId, LogId, PartyId, ReturnsId};
use crate::domain::click::Click;
use crate::domain::command::Actor;
use crate::domain::event::Event;
use crate::domain::order::LineEvent;
use crate::domain::stream::StreamId;
use crate::domain::world::{Placed, World};
use crate::ledger::{Account, BalanceKey, Layer};
use crate::money::{Currency, Minor};

/// Winning click candidates per line: the last on the same item and the last on the same shop, before the order.
pub type Clicks = HashMap<LineId, Vec<Click>>;

/// Lines that the buyer of some returns bought of the item, as the database has them.
pub type Sold = HashMap<ReturnsId, Vec<LineId>>;

/// Open brand contracts that are short of money, by brand, as the database has them: which, in what currency, of how much.
pub type Uncovered = HashMap<PartyId, Vec<(ContractId, Currency, Minor)>>;

/// A decided event with its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Recorded {
    /// Whose stream.
    pub stream: StreamId,
    /// Where and when.
    pub placed: Placed,
    /// What.
    pub event: Event,
    /// The event that caused it, when one did.
    pub causation: Option<EventId>,
}

/// Records the events of a batch.
pub struct Scribe<'a> {
    /// The book.
    pub book: BookId,
    /// The money log.
    pub log: LogId,
    /// Time of recording of the whole batch.
    pub now: Instant,
    /// Who asks.
    pub actor: &'a Actor,
    /// Streams loaded so far.
    pub world: &'a mut World,
    /// Clicks read for this batch.
    pub clicks: &'a Clicks,
    /// Lines sold, read for this batch where returns have not met them.
    pub sold: &'a Sold,
    /// What open brand contracts are short of, read for this batch.
    pub open: &'a Uncovered,
    /// Returns whose verdicts may have changed, with the lines that changed.
    pub touched: BTreeMap<ReturnsId, BTreeSet<LineId>>,
    /// Latest pin instant of any line of the book; what would take effect at or before it is backdated (decision A4).
    pub latest_pin: Option<Instant>,
    /// Last position given.
    pub position: i64,
    /// Events of lines whose legs would take an account out of range: they are recorded without effect.
    pub unpostable: &'a HashSet<(StreamId, i64)>,
    /// Streams that a decision turned out to need and that were not loaded: what it decided must not stand.
    pub missing: &'a mut BTreeSet<StreamId>,
    /// The balance of an account as it stands before the command. One that is not loaded counts as nothing, and what was
    /// decided on it must not stand: whoever hands it out loads it and asks again.
    pub balances: &'a mut dyn FnMut(BalanceKey) -> Minor,
    /// A fresh random id.
    pub fresh: &'a mut dyn FnMut() -> Uuid,
    /// What was recorded.
    pub recorded: Vec<Recorded>,
    /// The event that causes what follows.
    pub causation: Option<EventId>,
}

impl Scribe<'_> {
    /// What is owed on an account: its settled balance before the command.
    pub fn owed(&mut self, account: Account, currency: Currency) -> Minor {
        (self.balances)((account, Layer::Settled, currency))
    }

    /// Records one event on a stream and folds it. Returns its place.
    pub fn record(&mut self, stream: impl Into<StreamId>, occurred_at: Instant, event: Event) -> Placed {
        let stream = stream.into();
        self.position += 1;
        let placed = Placed {
            log: self.log,
            position: self.position,
            version: self.world.version(stream) + 1,
            id: EventId((self.fresh)()),
            occurred_at,
            recorded_at: self.now,
        };
        self.latest_pin = self.latest_pin.max(pinned_at(&event));
        self.world.apply(stream, &event, &placed);
        self.recorded.push(Recorded {
            stream,
            placed,
            event,
            causation: self.causation,
        });
        placed
    }
}

/// The instant at which an event pins its line, if it does.
fn pinned_at(event: &Event) -> Option<Instant> {
    let pin = match event {
        Event::Line(LineEvent::Fact(e)) => &e.pin,
        Event::Line(LineEvent::TimerFired(e)) => &e.pin,
        // One that waited keeps its pin instant too.
        // A late click keeps the pin instant.
        _ => return None,
    };
    pin.as_ref().map(|pin| pin.at)
}
