//! Refusals: why a command was not done. The codes are the golden list in `openapi/error-codes.md`.
//! Must never carry an HTTP status, nor facts of another party.

use std::borrow::Cow;

/// The family of a refusal; the HTTP layer gives each family its status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// The command itself is wrong.
    Invalid,
    /// It collides with what stands.
    Conflict,
    /// What it names does not exist (or is not the caller's).
    NotFound,
    /// The caller may not do this.
    Forbidden,
    /// The precondition sent along does not hold.
    Precondition,
    /// Our own fault or a passing condition; nothing happened.
    Unavailable,
}

/// One wrong field of a refused command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrongField {
    /// JSON pointer of the field, such as `/terms/rate`.
    pub pointer: Cow<'static, str>,
    /// Stable code of what is wrong.
    pub code: &'static str,
    /// A sentence for people, with a hint where a habit is likely.
    pub message: String,
}

/// A refused command: nothing was written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// Stable code, such as `rule_overlaps`.
    pub code: &'static str,
    /// Its family.
    pub class: Class,
    /// A sentence for people.
    pub message: String,
    /// The fields at fault, every one of them.
    pub fields: Vec<WrongField>,
    /// The id of what stands in the way, when the caller may see it.
    pub conflicting: Option<String>,
}

impl Refusal {
    /// A refusal of a family with a code and a sentence.
    pub fn new(class: Class, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            code,
            class,
            message: message.into(),
            fields: Vec::new(),
            conflicting: None,
        }
    }

    /// The command itself is wrong.
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal::new(Class::Invalid, code, message)
    }

    /// It collides with what stands.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal::new(Class::Conflict, code, message)
    }

    /// What it names does not exist.
    pub fn not_found(what: &str) -> Refusal {
        Refusal::new(Class::NotFound, "not_found", format!("no such {what}"))
    }

    /// Names a field at fault.
    pub fn at(mut self, pointer: impl Into<Cow<'static, str>>) -> Refusal {
        let (code, message) = (self.code, self.message.clone());
        self.fields.push(WrongField {
            pointer: pointer.into(),
            code,
            message,
        });
        self
    }

    /// Names what stands in the way.
    pub fn because_of(mut self, id: impl ToString) -> Refusal {
        self.conflicting = Some(id.to_string());
        self
    }
}

/// Collects the wrong fields of a command, so that one answer names them all.
#[derive(Default, Debug)]
pub struct Wrong(Vec<WrongField>);

impl Wrong {
    /// Notes a wrong field.
    pub fn add(&mut self, pointer: impl Into<Cow<'static, str>>, code: &'static str, message: impl Into<String>) {
        self.0.push(WrongField {
            pointer: pointer.into(),
            code,
            message: message.into(),
        });
    }

    /// Notes a wrong field when `wrong` holds.
    pub fn when(&mut self, wrong: bool, pointer: &'static str, code: &'static str, message: &'static str) {
        if wrong {
            self.add(pointer, code, message);
        }
    }

    /// Notes a reason that is missing or too long for a person to read.
    pub fn reason(&mut self, pointer: &'static str, reason: &str) {
        let reason = reason.trim();
        self.when(
            reason.is_empty() || reason.chars().count() > 1_000 || reason.contains('\0'),
            pointer,
            "reason_needed",
            "a reason of 1 to 1,000 characters is needed",
        );
    }

    /// Notes more files than a person would look through.
    pub fn files(&mut self, pointer: &'static str, count: usize) {
        self.when(count > 20, pointer, "files_count", "at most 20 files are attached");
    }

    /// A refusal with the first field's code that names every field; nothing when no field is wrong.
    pub fn check(self) -> Result<(), Refusal> {
        let Some(first) = self.0.first() else {
            return Ok(());
        };
        let mut refusal = Refusal::invalid(first.code, first.message.clone());
        refusal.fields = self.0;
        Err(refusal)
    }
}

impl From<crate::money::MoneyError> for Refusal {
    fn from(error: crate::money::MoneyError) -> Refusal {
        use crate::money::MoneyError;
        let code = match &error {
            MoneyError::Form { .. } => "amount_form",
            MoneyError::OutOfRange => "amount_out_of_range",
            MoneyError::Mismatch(..) => "currency_mismatch",
            MoneyError::UnknownCurrency(_) => "currency_unknown",
        };
        Refusal::invalid(code, error.to_string())
    }
}

impl From<crate::ledger::EntryError> for Refusal {
    fn from(error: crate::ledger::EntryError) -> Refusal {
        match error {
            crate::ledger::EntryError::Money(money) => money.into(),
            unbalanced => Refusal::new(Class::Unavailable, "internal_refused", unbalanced.to_string()),
        }
    }
}
