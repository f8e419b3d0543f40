//! The canonical envelope of an event: the bytes whose hash is the event's leaf (decision B10).
//! Must never be built in a second way: append and verify both come here.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::error::Result;
use super::tree::{Hash, leaf_hash};
use crate::base::{BookId, EventId, Instant, KeyId, LogId, PartyId, PersonId};
use crate::domain::command::Actor;
use crate::domain::flow::Recorded;
use crate::domain::person::Role;
use crate::domain::stream::StreamId;
use crate::domain::world::Placed;

/// Who asked, absent fields omitted. Field order is the canonical one: names ascending.
#[derive(Serialize)]
struct ActorForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<KeyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    party: Option<PartyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
}

impl From<&Actor> for ActorForm {
    fn from(actor: &Actor) -> ActorForm {
        ActorForm {
            key: actor.key,
            party: actor.party,
            person: actor.person,
            role: actor.role,
        }
    }
}

/// Canonical JSON of who asked, as kept in the event's row.
pub fn actor_text(actor: &Actor) -> Result<String> {
    Ok(serde_json::to_string(&ActorForm::from(actor))?)
}

/// INVARIANT: fields stand in ascending order of their names and hold only ASCII names, so that what serde writes is
/// already RFC 8785; the test `the_envelope_is_canonical` compares it with a canonicalizer.
#[derive(Serialize)]
struct Envelope<'a> {
    actor: ActorForm,
    book: BookId,
    #[serde(skip_serializing_if = "Option::is_none")]
    causation: Option<EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation: Option<&'a str>,
    id: EventId,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    kind: &'a str,
    log: LogId,
    occurred_at: Instant,
    payload_sha256: String,
    position: String,
    recorded_at: Instant,
    schema: i16,
    stream: StreamId,
    version: String,
}

/// What travels with an event beside its place.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Who asked.
    pub actor: &'a Actor,
    /// Idempotency key of the command.
    pub key: Option<&'a str>,
    /// Correlation id of the command.
    pub correlation: Option<&'a str>,
}

/// An event as it is or was written, decoded or not.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// Whose stream.
    pub stream: StreamId,
    /// Where and when.
    pub placed: &'a Placed,
    /// Wire name.
    pub kind: &'a str,
    /// Schema version.
    pub schema: i16,
    /// The event that caused it.
    pub causation: Option<EventId>,
    /// Payload.
    pub payload: &'a str,
}

/// Canonical bytes of the envelope of an event.
pub fn envelope(book: BookId, written: Written<'_>, origin: Origin<'_>) -> Result<Vec<u8>> {
    let placed = written.placed;
    let envelope = Envelope {
        actor: origin.actor.into(),
        book,
        causation: written.causation,
        correlation: origin.correlation,
        id: placed.id,
        key: origin.key,
        kind: written.kind,
        log: placed.log,
        occurred_at: placed.occurred_at,
        payload_sha256: hex::encode(Sha256::digest(written.payload)),
        position: placed.position.to_string(),
        recorded_at: placed.recorded_at,
        schema: written.schema,
        stream: written.stream,
        version: placed.version.to_string(),
    };
    Ok(serde_json::to_vec(&envelope)?)
}

/// An event ready to be written.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Canonical payload.
    pub payload: String,
    /// Canonical JSON of who asked.
    pub actor: String,
    /// Leaf hash.
    pub leaf: Hash,
}

/// Seals an event: payload, envelope, leaf.
pub fn seal(book: BookId, recorded: &Recorded, origin: Origin<'_>) -> Result<Sealed> {
    let payload = recorded.event.payload()?;
    let written = Written {
        stream: recorded.stream,
        placed: &recorded.placed,
        kind: recorded.event.kind(),
        schema: recorded.event.schema(),
        causation: recorded.causation,
        payload: &payload,
    };
    let bytes = envelope(book, written, origin)?;
    Ok(Sealed {
        payload,
        actor: actor_text(origin.actor)?,
        leaf: leaf_hash(&bytes),
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::base::PartyKind;
    use crate::domain::book::{BookEvent, PeriodCutOff};
    use crate::domain::event::Event;

    fn recorded(book: BookId) -> Recorded {
        let at: Instant = "2026-06-18T20:00:00+08:00".parse().unwrap();
        Recorded {
            stream: book.into(),
            placed: Placed {
                log: LogId(Uuid::from_u128(2)),
                position: 7,
                version: 3,
                id: EventId(Uuid::from_u128(3)),
                occurred_at: at,
                recorded_at: at,
            },
            event: Event::Book(BookEvent::PeriodCutOff(PeriodCutOff {
                period: "2026-05".parse().unwrap(),
            })),
            causation: None,
        }
    }

    fn written<'a>(recorded: &'a Recorded, payload: &'a str) -> Written<'a> {
        Written {
            stream: recorded.stream,
            placed: &recorded.placed,
            kind: recorded.event.kind(),
            schema: 1,
            causation: None,
            payload,
        }
    }

    #[test]
    fn the_envelope_is_canonical() {
        let book = BookId(Uuid::from_u128(1));
        let actor = Actor {
            person: Some(PersonId(Uuid::from_u128(4))),
            key: None,
            party: Some(PartyId::tagged(PartyKind::Anchor, Uuid::from_u128(5))),
            role: Some(Role::Finance),
        };
        let origin = Origin {
            actor: &actor,
            key: Some("\u{1f}\"分\u{7f}\u{2028}"),
            correlation: Some("c/1"),
        };
        let recorded = recorded(book);
        let bytes = envelope(book, written(&recorded, "{}"), origin).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(serde_json_canonicalizer::to_vec(&value).unwrap(), bytes);
    }

    #[test]
    fn absent_fields_are_omitted_and_positions_are_strings() {
        let book = BookId(Uuid::from_u128(1));
        let origin = Origin {
            actor: &Actor::SYSTEM,
            key: None,
            correlation: None,
        };
        let recorded = recorded(book);
        let bytes = envelope(book, written(&recorded, r#"{"period":"2026-05"}"#), origin).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            concat!(
                r#"{"actor":{},"book":"bok_00000000000000000000000000000001","id":"evt_00000000000000000000000000000003","#,
                r#""kind":"period.cut_off","log":"log_00000000000000000000000000000002","#,
                r#""occurred_at":"2026-06-18T12:00:00.000000Z","#,
                r#""payload_sha256":"05615ad9b3d17b032f72fedbfea6eed09426bb1f94c35d2521933c8b7cee7d81","position":"7","#,
                r#""recorded_at":"2026-06-18T12:00:00.000000Z","schema":1,"stream":"bok_00000000000000000000000000000001","#,
                r#""version":"3"}"#
            )
        );
    }
}
