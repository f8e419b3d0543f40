//! Everything that can be asked of the pool: what is shown in it, submitted from it, selected and watched.
//! Must never hold a wire form: HTTP parses into these types.

use serde::Serialize;

use super::command::Command;
use super::pool::{PoolTerms, Target};
use super::submission::{Ask as SubmissionAsk, SubmissionTerms};
use super::watch::WatchOf;
use crate::base::{ExternalId, ItemId, Name, PartyId, SelectionId, SubmissionId, WatchId};

/// A command about the pool.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "pool", rename_all = "snake_case")]
pub enum PoolCommand {
    /// Shows an item in the pool 选品池, or publishes other terms of it.
    List {
        /// Which.
        item: ItemId,
        /// What is published.
        terms: Box<PoolTerms>,
    },
    /// Takes an item out of the pool.
    Withdraw {
        /// Which.
        item: ItemId,
        /// Why.
        reason: Option<String>,
    },
    /// Reckons anew what anybody earns on items of the pool (from the follower of rules).
    Rate {
        /// Which.
        items: Vec<ItemId>,
    },
    /// Submits goods for a show 报品.
    Submit {
        /// The submitter's own number; makes the id derivable.
        external_id: Option<ExternalId>,
        /// Who.
        by: PartyId,
        /// For whose show.
        anchor: PartyId,
        /// What.
        target: Target,
        /// On which terms.
        terms: Box<SubmissionTerms>,
    },
    /// Asks something of a submission.
    Ask {
        /// Which.
        submission: SubmissionId,
        /// What.
        ask: SubmissionAsk,
    },
    /// Saves a selection of the pool; one of the same name is replaced.
    Save {
        /// Whose; none: the book's own.
        party: Option<PartyId>,
        /// Name.
        name: Name,
        /// What.
        entries: Vec<Target>,
        /// A search that it keeps, as its query string.
        query: Option<String>,
    },
    /// Removes a selection.
    Remove {
        /// Which.
        selection: SelectionId,
    },
    /// Watches an entry of the pool.
    Watch {
        /// Whose; none: the book's own.
        party: Option<PartyId>,
        /// What.
        target: Target,
        /// What of it.
        of: Vec<WatchOf>,
    },
    /// Watches no more.
    Drop {
        /// Which.
        watch: WatchId,
    },
    /// Looks at what is watched (from the follower of the pool).
    Look {
        /// Which.
        watches: Vec<WatchId>,
    },
}

impl From<PoolCommand> for Command {
    fn from(asked: PoolCommand) -> Command {
        Command::Pool(Box::new(asked))
    }
}
