//! Who stands behind a key.
//! Must never be made from anything but a key that was just found good.

use crate::base::{BookId, KeyId, LogId, PartyId, PersonId};
use crate::domain::command::Actor;
use crate::domain::person::Role;
use crate::report::Viewer;

/// Who asks: one person with one role in one book, through one key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Principal {
    /// The book; a key belongs to exactly one.
    pub book: BookId,
    /// The book's money log as it stands now.
    pub log: LogId,
    /// The book has a clock of its own.
    pub sandbox: bool,
    /// The person.
    pub person: PersonId,
    /// The key.
    pub key: KeyId,
    /// What it may do.
    pub role: Role,
    /// For which party; none for book-wide roles.
    pub party: Option<PartyId>,
}

impl Principal {
    /// As it stands on events.
    pub fn actor(&self) -> Actor {
        Actor {
            person: Some(self.person),
            key: Some(self.key),
            party: self.party,
            role: Some(self.role),
        }
    }

    /// The scope of its idempotency keys (decision B9): its party, or the book for book-wide roles.
    pub fn scope(&self) -> String {
        self.party.map_or_else(|| "book".to_owned(), |party| party.to_string())
    }

    /// What it sees of the book: everything, or one party's part.
    pub fn viewer(&self) -> Viewer {
        self.party.map_or(Viewer::All, Viewer::Party)
    }
}
