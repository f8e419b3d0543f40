//! What a command needs to be decided: streams and clicks, named round by round.
//! Must never name a stream the world already knows.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::base::{BookId, Instant, ItemId, LineId, PartyId, ShopId};
use crate::domain::command::Command;
use crate::domain::flow::Clicks;
use crate::domain::stream::StreamId;
use crate::domain::world::World;

/// The last click of a buyer on an item, and on a shop, in `[from, before)`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ClickQuery {
    /// For which line.
    pub line: LineId,
    /// Buyer key.
    pub buyer: Uuid,
    /// Item.
    pub item: Option<ItemId>,
    /// Shop.
    pub shop: Option<ShopId>,
    /// Inclusive.
    pub from: Instant,
    /// Exclusive.
    pub before: Instant,
}

/// What is missing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Needs {
    /// Streams to load.
    pub streams: BTreeSet<StreamId>,
    /// Parties to load together with every party above them, by contract.
    pub uppers: BTreeSet<PartyId>,
    /// Clicks to look up.
    pub clicks: Vec<ClickQuery>,
}

impl Needs {
    /// True when nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty() && self.uppers.is_empty() && self.clicks.is_empty()
    }
}

/// Adds what `command` still needs, given what the world and the clicks hold. Called until nothing is added.
pub fn needs(book: BookId, command: &Command, world: &World, clicks: &Clicks, out: &mut Needs) {
    let _ = clicks;
    super::objects::needs(book, command, world, out);
}
