//! Persons who act, and their keys: who may do what for which party. Secrets never enter the log.
//! Must never hold a name or a phone: a person is a random id with a label of the owner's choice.

pub mod decide;

use serde::{Deserialize, Serialize};

use crate::base::{Instant, KeyId, Name, PartyId, PersonId};

/// What a key may do. Default is nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, including keys of others.
    Owner,
    /// Runs the system: verify, rebuild, sandbox clock; no money decisions.
    Operator,
    /// 财务: reads everything of the book, closes, adjusts, approves.
    Finance,
    /// A brand: its shops, items, rules, and what they cost.
    Brand,
    /// An agency: its anchors.
    Agency,
    /// An anchor: its own earnings.
    Anchor,
    /// A supplier.
    Supplier,
    /// Sends clicks and order facts.
    Ingest,
    /// Reads everything, writes nothing.
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 9] = [
        Role::Owner,
        Role::Operator,
        Role::Finance,
        Role::Brand,
        Role::Agency,
        Role::Anchor,
        Role::Supplier,
        Role::Ingest,
        Role::Auditor,
    ];

    /// The word on the wire and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Operator => "operator",
            Role::Finance => "finance",
            Role::Brand => "brand",
            Role::Agency => "agency",
            Role::Anchor => "anchor",
            Role::Supplier => "supplier",
            Role::Ingest => "ingest",
            Role::Auditor => "auditor",
        }
    }
}

/// `key.issued`, on the person's stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeyIssued {
    /// Which.
    pub key: KeyId,
    /// Whose.
    pub person: PersonId,
    /// Label of the owner's choice.
    pub label: Name,
    /// What it may do.
    pub role: Role,
    /// For which party; none for book-wide roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// Stops working here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
}

/// `key.revoked`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeyRevoked {
    /// Which.
    pub key: KeyId,
}

/// `person.substituted` 代审人: on the stream of the person who is away. The last said of a substitute counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PersonSubstituted {
    /// Who decides for this person.
    pub by: PersonId,
    /// Inclusive.
    pub from: Instant,
    /// Exclusive.
    pub to: Instant,
}

/// What happened to a person's keys and who acts for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PersonEvent {
    /// `key.issued`
    KeyIssued(KeyIssued),
    /// `key.revoked`
    KeyRevoked(KeyRevoked),
    /// `person.substituted`
    Substituted(PersonSubstituted),
}

/// A person with keys.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PersonState {
    /// Keys, in order of issue, with whether they are revoked.
    pub keys: Vec<(KeyIssued, bool)>,
    /// Who decides for it, and when: one entry a substitute.
    pub substitutes: Vec<PersonSubstituted>,
}

impl PersonState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &PersonEvent) {
        match event {
            PersonEvent::KeyIssued(e) => self.keys.push((e.clone(), false)),
            PersonEvent::KeyRevoked(e) => {
                for (key, revoked) in &mut self.keys {
                    *revoked |= key.key == e.key;
                }
            }
            PersonEvent::Substituted(e) => {
                self.substitutes.retain(|known| known.by != e.by);
                self.substitutes.push(e.clone());
            }
        }
    }

    /// Roles of its keys that are not revoked; a key that ran out while its holder was away still tells the role.
    pub fn roles(&self) -> impl Iterator<Item = Role> + '_ {
        self.keys
            .iter()
            .filter(|(_, revoked)| !revoked)
            .map(|(key, _)| key.role)
    }

    /// True when a person may decide for it at an instant.
    pub fn is_substituted(&self, by: PersonId, at: Instant) -> bool {
        let covers = |known: &PersonSubstituted| known.by == by && known.from <= at && at < known.to;
        self.substitutes.iter().any(covers)
    }
}
