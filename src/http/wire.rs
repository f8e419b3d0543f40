//! Shapes shared by many routes: money in, answers out.
//! Must never hold a rule; a shape only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::command::FactOutcome;
use crate::domain::order::FactState;
use crate::engine::Answer;

/// An amount with its currency: `{"amount":"12.34","currency":"CNY"}`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoneyIn {
    /// The one canonical spelling: optional `-`, no leading zeros, exactly the currency's digits.
    #[schema(example = "12.34")]
    pub amount: String,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
}

/// One event of an answer.
#[derive(Serialize, ToSchema)]
pub struct EventRefView {
    /// Its id.
    #[schema(example = "evt_0198c0de00007000800000000000beef")]
    pub id: String,
    /// Its kind.
    #[schema(example = "party.registered")]
    pub kind: String,
    /// Its stream.
    pub stream: String,
    /// Its version in the stream.
    pub version: i64,
    /// Its position in the log.
    pub position: i64,
}

/// What became of one fact.
#[derive(Serialize, ToSchema)]
pub struct FactView {
    /// Its line.
    #[schema(example = "lin_0198c0de00007000800000000000beef")]
    pub line: String,
    /// applied, waiting, parked, stale or conflict.
    pub state: &'static str,
    /// Why, when not simply applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same fact was known already.
    pub replayed: bool,
    /// Position of the event that records it.
    pub position: i64,
}

impl FactView {
    /// From the engine's outcome.
    pub fn of(outcome: &FactOutcome) -> FactView {
        FactView {
            line: outcome.line.to_string(),
            state: state_word(outcome.state),
            code: outcome.code.clone(),
            replayed: outcome.replayed,
            position: outcome.position,
        }
    }
}

/// The word of a fact's state.
pub fn state_word(state: FactState) -> &'static str {
    match state {
        FactState::Applied => "applied",
        FactState::Waiting => "waiting",
        FactState::Parked => "parked",
        FactState::Stale => "stale",
        FactState::Conflict => "conflict",
    }
}

/// The answer to a write: what it says is durable, unless `dry_run`.
#[derive(Serialize, ToSchema)]
pub struct AnswerView {
    /// Id of the object that was made, when one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Ids of everything that was made, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<String, String>,
    /// Position of the last event of this answer.
    pub position: i64,
    /// When it was recorded.
    pub recorded_at: String,
    /// The first answer to this key, given again.
    pub replayed: bool,
    /// Decided, but not written.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// Its events.
    pub events: Vec<EventRefView>,
    /// What became of each fact, in the order told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<FactView>,
}

impl AnswerView {
    /// From the engine's answer; `made` names the object that the route makes.
    pub fn of(answer: Answer, made: &str) -> AnswerView {
        let events = answer.events.into_iter().map(|event| EventRefView {
            id: event.id.to_string(),
            kind: event.kind,
            stream: event.stream.to_string(),
            version: event.version,
            position: event.position,
        });
        AnswerView {
            id: answer.made.ids.get(made).cloned(),
            facts: answer.made.facts.iter().map(FactView::of).collect(),
            ids: answer.made.ids,
            position: answer.position,
            recorded_at: answer.recorded_at.to_string(),
            replayed: answer.replayed,
            dry_run: answer.dry_run,
            events: events.collect(),
        }
    }
}
