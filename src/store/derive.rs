//! The fold of a log in order of position: what must be true of each event, and the rows that follow from it.
//! Must never look at derived rows, nor at a database.
//!
//! Memory: one number for each pinned line (about 50 bytes) and one balance for each account; nothing for each event.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde_json::Value;
use uuid::Uuid;

use super::envelope::{Origin, Written, actor_text, envelope};
use super::error::Result;
use super::head::Head;
use super::rows::{Context, Rows, of_event, pin_of};
use super::tree::{Hash, Tree, leaf_hash};
use crate::base::{EventId, Instant, Zone};
use crate::domain::book::BookState;
use crate::domain::command::Actor;
use crate::domain::event::Event;
use crate::domain::flow::Recorded;
use crate::domain::stream::StreamId;
use crate::domain::world::Placed;
use crate::ledger::Balances;

/// What can be wrong with a log or its derived rows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Positions are not 1, 2, 3, … up to the head's.
    Positions,
    /// Versions of a stream are not 1, 2, 3, ….
    Versions,
    /// A time of recording is before the one before it.
    RecordedAt,
    /// A payload or actor is not canonical or does not decode.
    Payload,
    /// A leaf is not the hash of its envelope.
    Leaves,
    /// The root of the leaves is not the head's.
    Root,
    /// Legs are not what their events post.
    Legs,
    /// A running balance is not the sum of the legs before it.
    RunningBalances,
    /// A period is not the one its date and the cut-offs before it give.
    Periods,
    /// A leg names another line or pin than its event.
    LegLinks,
    /// Totals are not the sums of legs.
    Totals,
    /// Read rows are not what a fold of the log gives.
    ReadRows,
    /// An issued sheet does not come out again from the legs up to its position.
    Sheets,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Class::Positions => "positions",
            Class::Versions => "versions",
            Class::RecordedAt => "recorded_at",
            Class::Payload => "payload",
            Class::Leaves => "leaves",
            Class::Root => "root",
            Class::Legs => "legs",
            Class::RunningBalances => "running_balances",
            Class::Periods => "periods",
            Class::LegLinks => "leg_links",
            Class::Totals => "totals",
            Class::ReadRows => "read_rows",
            Class::Sheets => "sheets",
        })
    }
}

/// What was found wrong: for each class how often, and where first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Findings(BTreeMap<Class, (u64, String)>);

impl Findings {
    /// Adds one.
    pub fn add(&mut self, class: Class, place: impl FnOnce() -> String) {
        self.add_many(class, 1, place);
    }

    /// Adds several of which the first is named.
    pub fn add_many(&mut self, class: Class, count: u64, first: impl FnOnce() -> String) {
        if count > 0 {
            self.0.entry(class).or_insert_with(|| (0, first())).0 += count;
        }
    }

    /// Each class with its count and its first place.
    pub fn iter(&self) -> impl Iterator<Item = (Class, u64, &str)> {
        self.0
            .iter()
            .map(|(class, (count, first))| (*class, *count, first.as_str()))
    }

    /// True when nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Of one class: how often, and where first.
    pub fn of(&self, class: Class) -> Option<(u64, &str)> {
        self.0.get(&class).map(|(count, first)| (*count, first.as_str()))
    }
}

/// A row of `event`, before anything is believed.
#[derive(Clone, Copy, Debug)]
pub struct Raw<'a> {
    /// Whose stream.
    pub stream: StreamId,
    /// Where and when.
    pub placed: Placed,
    /// Wire name.
    pub kind: &'a str,
    /// Schema version.
    pub schema: i16,
    /// The event that caused it.
    pub causation: Option<EventId>,
    /// Payload as kept.
    pub payload: &'a str,
    /// Who asked, as kept.
    pub actor: &'a str,
    /// Idempotency key.
    pub key: Option<&'a str>,
    /// Correlation id.
    pub correlation: Option<&'a str>,
    /// Leaf as kept.
    pub leaf: &'a [u8],
}

/// The fold.
#[derive(Debug)]
pub struct Fold {
    head: Head,
    readable: bool,
    tree: Tree,
    position: i64,
    recorded_at: Option<Instant>,
    book: Option<BookState>,
    balances: Balances,
    pins: HashMap<Uuid, i64>,
    /// Lines pinned more than once.
    pub repinned: Vec<Uuid>,
    /// Rows of the events so far; the caller takes them away now and then, all but the totals.
    pub rows: Rows,
    /// What was wrong so far.
    pub findings: Findings,
}

impl Fold {
    /// The fold of an empty log that should come to stand at `head`, whose frontier is readable or not.
    pub fn new(head: Head, readable: bool) -> Fold {
        Fold {
            head,
            readable,
            tree: Tree::default(),
            position: 0,
            recorded_at: None,
            book: None,
            balances: Balances::default(),
            pins: HashMap::new(),
            repinned: Vec::new(),
            rows: Rows::default(),
            findings: Findings::default(),
        }
    }

    /// The zone of the book, once its opening was met; a click log has none.
    pub fn zone(&self) -> Option<Zone> {
        self.book.as_ref().map(|book| book.opened.zone)
    }

    /// Takes the next event. What is wrong becomes a finding; the fold goes on as well as it can.
    pub fn take(&mut self, raw: Raw<'_>) -> Result<()> {
        let position = raw.placed.position;
        let here = || format!("position {position}");
        if position != self.position + 1 {
            self.findings.add(Class::Positions, here);
        }
        if self.recorded_at.is_some_and(|last| raw.placed.recorded_at < last) {
            self.findings.add(Class::RecordedAt, here);
        }
        self.position = position;
        self.recorded_at = Some(raw.placed.recorded_at);
        self.leaf(&raw)?;
        match Event::decode(raw.kind, raw.schema, raw.payload) {
            Err(error) => self
                .findings
                .add(Class::Payload, || format!("position {position}: {error}")),
            Ok(event) => {
                if !is_canonical(&event, raw.payload) {
                    self.findings.add(Class::Payload, here);
                }
                let recorded = Recorded {
                    stream: raw.stream,
                    placed: raw.placed,
                    event,
                    causation: raw.causation,
                };
                self.derive(&recorded)?;
            }
        }
        Ok(())
    }

    /// After the last event: the head must be where the log ends.
    pub fn finish(&mut self) {
        let (position, head) = (self.position, &self.head);
        if position != head.position {
            let place = || format!("the log ends at {position}, its head says {}", head.position);
            self.findings.add(Class::Positions, place);
        }
        if !self.readable || self.tree.root().as_slice() != head.root || self.tree != head.tree {
            self.findings.add(Class::Root, || format!("at position {position}"));
        }
    }

    /// Checks the leaf and puts the kept one into the tree, so that a wrong leaf and a wrong root are told apart.
    fn leaf(&mut self, raw: &Raw<'_>) -> Result<()> {
        let here = || format!("position {}", raw.placed.position);
        let actor: Actor = match serde_json::from_str(raw.actor) {
            Ok(actor) => actor,
            Err(_) => {
                self.findings.add(Class::Payload, here);
                Actor::SYSTEM
            }
        };
        let origin = Origin {
            actor: &actor,
            key: raw.key,
            correlation: raw.correlation,
        };
        let written = Written {
            stream: raw.stream,
            placed: &raw.placed,
            kind: raw.kind,
            schema: raw.schema,
            causation: raw.causation,
            payload: raw.payload,
        };
        let due = leaf_hash(&envelope(self.head.book, written, origin)?);
        if due.as_slice() != raw.leaf || actor_text(&actor)? != raw.actor {
            self.findings.add(Class::Leaves, here);
        }
        self.tree.push(Hash::try_from(raw.leaf).unwrap_or(due));
        Ok(())
    }

    fn derive(&mut self, recorded: &Recorded) -> Result<()> {
        let placed = &recorded.placed;
        if let Event::Book(event) = &recorded.event {
            match &mut self.book {
                Some(book) => book.evolve(event),
                None => self.book = BookState::begin(event),
            }
        }
        let stamp = self.book.as_ref();
        let stamp = stamp.map(|book| recorded.event.stamp(book, placed.occurred_at));
        let stamped = match recorded.event.post().map_err(|error| error.to_string()) {
            Ok(entry) => self.balances.apply(&entry, stamp).map_err(|error| error.to_string()),
            Err(error) => Err(error),
        };
        let stamped = match stamped {
            Ok(stamped) => stamped,
            Err(error) => {
                self.findings
                    .add(Class::Legs, || format!("position {}: {error}", placed.position));
                Vec::new()
            }
        };
        let line = recorded.stream.id;
        let pinned_before = self.pins.get(&line).copied();
        let context = Context {
            book: self.head.book,
            pinned_before,
        };
        of_event(context, recorded, &stamped, &mut self.rows)?;
        if pin_of(&recorded.event).is_some() && self.pins.insert(line, placed.position).is_some() {
            self.repinned.push(line);
        }
        Ok(())
    }
}

/// Payloads of today's schema are what the event writes again; older ones must at least be canonical JSON.
fn is_canonical(event: &Event, payload: &str) -> bool {
    if event.payload().is_ok_and(|again| again == payload) {
        return true;
    }
    let value: serde_json::Result<Value> = serde_json::from_str(payload);
    value.is_ok_and(|value| serde_json_canonicalizer::to_string(&value).is_ok_and(|again| again == payload))
}
