//! A node of an explanation: a sentence in two languages, perhaps an amount and a reference, and what it follows from.
//! Must never know what is explained.

use std::fmt::Write;

use serde::Serialize;
use utoipa::ToSchema;

use super::super::{Lang, Money};

/// A node of an explanation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(no_recursion)]
pub struct Node {
    /// Stable word for what it is: `line`, `leg`, `event`, `base`, `split`, `step`, `rule`, `lost`, `click`, …
    pub kind: &'static str,
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
    /// The amount it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Id of what it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The amounts of `because` add up to `amount`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub adds_up: bool,
    /// How many events it stands for, when they are folded or grouped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<i64>,
    /// What it follows from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Node>,
}

impl Node {
    /// A sentence.
    pub(super) fn new(kind: &'static str, en: impl Into<String>, zh: impl Into<String>) -> Node {
        Node {
            kind,
            en: en.into(),
            zh: zh.into(),
            amount: None,
            reference: None,
            adds_up: false,
            events: None,
            because: Vec::new(),
        }
    }

    pub(super) fn with(mut self, amount: Money) -> Node {
        self.amount = Some(amount);
        self
    }

    pub(super) fn refer(mut self, id: impl ToString) -> Node {
        self.reference = Some(id.to_string());
        self
    }

    pub(super) fn of_events(mut self, count: i64) -> Node {
        self.events = Some(count);
        self
    }

    pub(super) fn adding_up(mut self) -> Node {
        self.adds_up = true;
        self
    }

    pub(super) fn push(&mut self, child: Node) {
        self.because.push(child);
    }

    /// Writes the tree, two blanks a level.
    pub(super) fn write(&self, lang: Lang, depth: usize, out: &mut String) {
        let sentence = match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        };
        let _ = write!(out, "{:indent$}{sentence}", "", indent = depth * 2);
        if let Some(reference) = self.reference.as_ref().filter(|id| !sentence.contains(id.as_str())) {
            let _ = write!(out, " [{reference}]");
        }
        out.push('\n');
        for child in &self.because {
            child.write(lang, depth + 1, out);
        }
    }
}
