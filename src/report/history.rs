//! A line with all its events: folded, and what each party holds of it.
//! Must never compute an amount that no event posted.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;

use super::earnings::{Pockets, Sums};
use super::streams::{self, Stored, stored};
use super::{ReportError, Viewer};
use crate::base::{LineId, LogId, Month, PartyId};
use crate::domain::book::{BookEvent, BookState};
use crate::domain::cutover::CutoverEvent;
use crate::domain::event::Event;
use crate::domain::order::pin::Pin;
use crate::domain::order::{LineEvent, LineState};
use crate::domain::settlement::ClosingEvent;
use crate::domain::share::ShareEvent;
use crate::ledger::{AccountKind, Layer, Leg, Owner, Stamp};
use crate::money::{Currency, Minor};

/// What one party holds of a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Part {
    /// Whose.
    #[schema(value_type = String)]
    pub party: PartyId,
    /// What the line left in its accounts.
    #[serde(flatten)]
    pub pockets: Pockets,
}

/// A line with all its events.
pub(super) struct History {
    /// Which.
    pub line: LineId,
    /// As it stands after them.
    pub state: LineState,
    /// Oldest first.
    pub events: Vec<Stored>,
}

impl History {
    pub(super) fn begin(line: LineId) -> History {
        History {
            line,
            state: LineState::default(),
            events: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, stored: Stored) {
        if let Event::Line(event) = &stored.event {
            self.state.evolve(event, &stored.placed);
        }
        self.events.push(stored);
    }

    /// The line as it stood after a position.
    pub fn until(&self, position: i64) -> History {
        let mut before = History::begin(self.line);
        let told = self.events.iter().filter(|stored| stored.placed.position <= position);
        told.cloned().for_each(|stored| before.push(stored));
        before
    }

    /// The pin, once there is one.
    pub fn pin(&self) -> Option<&Arc<Pin>> {
        self.state.pin.as_ref()
    }

    /// Currency of its amounts; of the book's first currency while none was told.
    pub fn currency(&self, book: &BookState) -> Currency {
        let first = book.opened.currencies.first().copied();
        self.state.currency().or(first).unwrap_or(Currency::CNY)
    }

    /// What each party the viewer may see holds of it.
    pub fn parts(&self, viewer: Viewer, currency: Currency) -> Result<Vec<Part>, ReportError> {
        let mut sums: BTreeMap<PartyId, Sums> = BTreeMap::new();
        for ((account, layer), amount) in self.state.posted() {
            if let Owner::Party(party) = account.owner
                && viewer.sees(party)
            {
                sums.entry(party).or_default().0.insert((account.kind, *layer), *amount);
            }
        }
        let part = |(party, sums): (PartyId, Sums)| {
            let pockets = sums.pockets(currency)?;
            Ok(Part { party, pockets })
        };
        sums.into_iter().map(part).collect()
    }

    /// What a party has of it in a layer, all accounts together; a merchant's debit is negative.
    pub fn held(&self, party: PartyId, layer: Layer) -> Result<Minor, ReportError> {
        let own = self.state.posted().iter();
        let own = own.filter(|((account, of), _)| account.owner == Owner::Party(party) && *of == layer);
        Ok(Minor::sum(own.map(|(_, amount)| *amount))?)
    }

    /// True when a part of a party is frozen.
    pub fn frozen(&self, party: PartyId) -> bool {
        let key = |kind| (crate::ledger::Account::of(party, kind), Layer::Settled);
        self.state.posted().contains_key(&key(AccountKind::Frozen))
    }
}

/// What an event moved.
pub(super) fn legs(event: &Event) -> &[Leg] {
    match event {
        Event::Line(LineEvent::Fact(e)) => &e.legs,
        Event::Line(LineEvent::Reattributed(e)) => &e.legs,
        Event::Line(LineEvent::TimerFired(e)) => &e.legs,
        Event::Line(LineEvent::Released(e)) => &e.legs,
        Event::Adjustment(e) => &e.legs,
        Event::Cutover(CutoverEvent::Opened(e)) => &e.legs,
        Event::Cutover(CutoverEvent::Reversed(e)) => &e.legs,
        Event::Share(ShareEvent::TruedUp(e)) => &e.legs,
        Event::Closing(ClosingEvent::Guarantee(e)) => &e.legs,
        Event::Closing(ClosingEvent::Held(e) | ClosingEvent::Released(e)) => &e.legs,
        Event::Contract(e) => &e.legs,
        _ => &[],
    }
}

/// Lines from rows of events that stand together by stream, oldest first.
pub(super) fn histories(log: LogId, rows: &[Row]) -> Result<Vec<History>, ReportError> {
    let mut histories: Vec<History> = Vec::new();
    for row in rows {
        let stored = stored(log, row, 0)?;
        let line = LineId(stored.stream);
        if histories.last().is_none_or(|last| last.line != line) {
            histories.push(History::begin(line));
        }
        if let Some(last) = histories.last_mut() {
            last.push(stored);
        }
    }
    Ok(histories)
}

/// One line up to a position.
pub(super) async fn history(client: &Client, log: LogId, line: LineId, position: i64) -> Result<History, ReportError> {
    let events = streams::events(client, log, line.into(), position).await?;
    if events.is_empty() {
        return Err(ReportError::NotFound);
    }
    let mut history = History::begin(line);
    events.into_iter().for_each(|stored| history.push(stored));
    Ok(history)
}

/// The book as it stands, and what was cut off when.
pub(super) struct Calendar {
    /// As it stands at the position read.
    pub book: BookState,
    /// Through which month was cut off, from a position on: a draft that is dropped opens its month again.
    cut_offs: Vec<(i64, Month)>,
}

impl Calendar {
    /// Reads the book up to a position.
    pub async fn load(client: &Client, log: LogId, position: i64) -> Result<Calendar, ReportError> {
        let events = streams::book_events(client, log, position).await?;
        let mut cut_offs = Vec::new();
        for stored in &events {
            let through = match &stored.event {
                Event::Book(BookEvent::PeriodCutOff(e)) => e.period,
                Event::Book(BookEvent::PeriodReopened(e)) => e.period.previous(),
                _ => continue,
            };
            cut_offs.push((stored.placed.position, through));
        }
        Ok(Calendar {
            book: streams::book_of(&events)?,
            cut_offs,
        })
    }

    /// The period that a settled leg of an event got: as the book stood before the event (decision B12).
    pub fn stamp(&self, stored: &Stored) -> Stamp {
        let before = self.cut_offs.iter().rev();
        let mut before = before.filter(|(position, _)| *position < stored.placed.position);
        let mut book = self.book.clone();
        book.cut_off_through = before.next().map(|(_, through)| *through);
        stored.event.stamp(&book, stored.placed.occurred_at)
    }
}

/// The pin that an event carries.
pub(super) fn pin_of(event: &LineEvent) -> Option<&Pin> {
    match event {
        LineEvent::Fact(e) => e.pin.as_deref(),
        LineEvent::Reattributed(e) => e.pin.as_deref(),
        LineEvent::TimerFired(e) => e.pin.as_deref(),
        LineEvent::Released(e) => Some(&e.pin),
    }
}

/// Every party that a pin gives a part in the line; the same as have a `line_party` row.
pub(super) use crate::store::rows::parties_of;
