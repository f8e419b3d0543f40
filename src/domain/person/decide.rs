//! Decisions about keys: which role goes with which party, and when a key is over.
//! Must never see a secret or its hash.

use super::{KeyIssued, KeyRevoked, PersonEvent, PersonState, PersonSubstituted, Role};
use crate::base::{Instant, KeyId, PartyKind, PersonId};
use crate::domain::refusal::{Refusal, Wrong};

/// Issues a key to a new person or one who has keys already.
pub fn issue(standing: &PersonState, issued: KeyIssued, now: Instant) -> Result<PersonEvent, Refusal> {
    let mut wrong = Wrong::default();
    let kinds = party_kinds(issued.role);
    match issued.party {
        None => wrong.when(
            !kinds.is_empty(),
            "/party",
            "party_needed",
            "a key of this role is for one party",
        ),
        Some(_) if kinds.is_empty() => wrong.add(
            "/party",
            "party_not_allowed",
            "a key of this role is for the whole book",
        ),
        Some(party) if !kinds.contains(&party.kind()) => wrong.add(
            "/party",
            "party_kind",
            "the party is not of the kind that this role is for",
        ),
        Some(_) => {}
    }
    wrong.when(
        issued.expires_at.is_some_and(|end| end <= now),
        "/expires_at",
        "key_expired",
        "the key would never work",
    );
    wrong.check()?;
    if standing.keys.iter().any(|(key, _)| key.key == issued.key) {
        return Err(Refusal::conflict("already_exists", "this key is issued already").because_of(issued.key));
    }
    Ok(PersonEvent::KeyIssued(issued))
}

/// Revokes a key; one that is revoked already is no event.
pub fn revoke(standing: &PersonState, key: KeyId) -> Result<Option<PersonEvent>, Refusal> {
    let (_, revoked) = standing
        .keys
        .iter()
        .find(|(issued, _)| issued.key == key)
        .ok_or_else(|| Refusal::not_found("key"))?;
    Ok((!revoked).then_some(PersonEvent::KeyRevoked(KeyRevoked { key })))
}

/// Lets somebody decide for a person who is away. Said again for the same substitute, the last counts: that ends it too.
pub fn substitute(
    standing: &PersonState,
    person: PersonId,
    told: PersonSubstituted,
    known: bool,
) -> Result<PersonEvent, Refusal> {
    if standing.keys.is_empty() {
        return Err(Refusal::not_found("person"));
    }
    let mut wrong = Wrong::default();
    wrong.when(!known, "/by", "not_found", "no such person");
    wrong.when(
        told.by == person,
        "/by",
        "same_person",
        "nobody is a substitute of themselves",
    );
    wrong.when(
        told.to < told.from,
        "/to",
        "ends_before_start",
        "it ends after it begins",
    );
    wrong.check()?;
    Ok(PersonEvent::Substituted(told))
}

/// Kinds of party a role is for; none for book-wide roles.
fn party_kinds(role: Role) -> &'static [PartyKind] {
    match role {
        Role::Brand => &[PartyKind::Brand],
        Role::Agency => &[PartyKind::Agency],
        Role::Anchor => &[PartyKind::Anchor, PartyKind::Promoter],
        Role::Supplier => &[PartyKind::Supplier],
        Role::Owner | Role::Operator | Role::Finance | Role::Ingest | Role::Auditor => &[],
    }
}
