//! Reads the fields of a body one by one and keeps every fault, so that an answer lists all wrong fields at once.
//! Must never stop at the first fault, and never correct a value silently.

use std::collections::HashMap;
use std::rc::Rc;
use std::str::FromStr;

use super::problem::Problem;
use super::wire::MoneyIn;
use crate::base::time::TimeError;
use crate::base::{BookId, ExternalId, FileId, IdError, PartyId, PartyKind, TextError};
use crate::domain::refusal::WrongField;
use crate::money::{Currency, Minor, Money, MoneyError, RateError};

/// What is wrong with one field.
pub struct Fault {
    code: &'static str,
    message: String,
}

impl Fault {
    /// A fault with a stable code.
    pub fn new(code: &'static str, message: impl Into<String>) -> Fault {
        Fault {
            code,
            message: message.into(),
        }
    }
}

impl From<IdError> for Fault {
    fn from(error: IdError) -> Fault {
        Fault::new("id_form", error.to_string())
    }
}

impl From<TextError> for Fault {
    fn from(error: TextError) -> Fault {
        let code = match error {
            TextError::ExternalId => "external_id_form",
            TextError::Name => "name_form",
            TextError::File => "file_form",
        };
        Fault::new(code, error.to_string())
    }
}

impl From<TimeError> for Fault {
    fn from(error: TimeError) -> Fault {
        let code = match error {
            TimeError::Form => "time_form",
            TimeError::LeapSecond => "leap_second",
            TimeError::OutOfRange => "time_out_of_range",
            TimeError::Zone => "zone_unknown",
            TimeError::Month => "month_form",
        };
        Fault::new(code, error.to_string())
    }
}

impl From<RateError> for Fault {
    fn from(error: RateError) -> Fault {
        let code = match error {
            RateError::Form => "rate_form",
            RateError::TooLarge { .. } => "rate_too_large",
        };
        Fault::new(code, error.to_string())
    }
}

impl From<MoneyError> for Fault {
    fn from(error: MoneyError) -> Fault {
        let refusal = crate::domain::refusal::Refusal::from(error);
        Fault::new(refusal.code, refusal.message)
    }
}

impl From<std::num::ParseIntError> for Fault {
    fn from(_: std::num::ParseIntError) -> Fault {
        Fault::new("number_form", "not a whole number in range")
    }
}

impl From<std::str::ParseBoolError> for Fault {
    fn from(_: std::str::ParseBoolError) -> Fault {
        Fault::new("bool_form", "write true or false")
    }
}

/// Reads fields and keeps faults.
#[derive(Default)]
pub struct Form {
    prefix: String,
    faults: Vec<WrongField>,
    parties: Rc<HashMap<String, PartyId>>,
}

impl Form {
    /// A form that knows which parties the texts of this request stand for.
    pub fn knowing(parties: Rc<HashMap<String, PartyId>>) -> Form {
        Form {
            parties,
            ..Form::default()
        }
    }

    /// Notes a fault.
    pub fn fault(&mut self, pointer: &str, fault: impl Into<Fault>) {
        let Fault { code, message } = fault.into();
        let pointer = format!("{}{pointer}", self.prefix).into();
        self.faults.push(WrongField { pointer, code, message });
    }

    /// Keeps a good value, notes a bad one.
    pub fn take<T, E: Into<Fault>>(&mut self, pointer: &str, read: Result<T, E>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault(pointer, fault);
                None
            }
        }
    }

    /// Reads a text.
    pub fn read<T>(&mut self, pointer: &str, text: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Into<Fault>,
    {
        self.take(pointer, text.parse())
    }

    /// Reads a text that may be absent. The outer option is none after a fault.
    pub fn maybe<T>(&mut self, pointer: &str, text: Option<&str>) -> Option<Option<T>>
    where
        T: FromStr,
        T::Err: Into<Fault>,
    {
        match text {
            None => Some(None),
            Some(text) => self.read(pointer, text).map(Some),
        }
    }

    /// Demands a value that may be absent in other kinds of the same body.
    pub fn need<T>(&mut self, pointer: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.fault(pointer, Fault::new("missing_field", "this kind needs this field"));
        }
        value
    }

    /// Reads an amount with its currency.
    pub fn money(&mut self, pointer: &str, money: &MoneyIn) -> Option<Money> {
        let currency: Currency = self.read(&format!("{pointer}/currency"), &money.currency)?;
        let minor = self.take(&format!("{pointer}/amount"), Minor::parse(&money.amount, currency))?;
        Some(Money { minor, currency })
    }

    /// Reads an amount that must be in a currency.
    pub fn amount(&mut self, pointer: &str, money: &MoneyIn, currency: Currency) -> Option<Minor> {
        let read = self.money(pointer, money)?;
        if read.currency != currency {
            self.fault(pointer, MoneyError::Mismatch(currency, read.currency));
            return None;
        }
        Some(read.minor)
    }

    /// Reads an amount in a currency that may be absent. The outer option is none after a fault.
    pub fn maybe_amount(
        &mut self,
        pointer: &str,
        money: Option<&MoneyIn>,
        currency: Currency,
    ) -> Option<Option<Minor>> {
        match money {
            Some(money) => self.amount(pointer, money, currency).map(Some),
            None => Some(None),
        }
    }

    /// Reads files by their digests.
    pub fn files(&mut self, pointer: &str, told: &[String]) -> Option<Vec<FileId>> {
        let read = |(n, text): (usize, &String)| self.read(&format!("{pointer}/{n}"), text);
        let read: Vec<Option<FileId>> = told.iter().enumerate().map(read).collect();
        read.into_iter().collect()
    }

    /// Reads a party: its id, or the book's own number for it.
    pub fn party(&mut self, pointer: &str, text: &str) -> Option<PartyId> {
        if let Ok(party) = text.parse() {
            return Some(party);
        }
        let known = self.parties.get(text).copied();
        if known.is_none() {
            self.fault(pointer, Fault::new("party_unknown", "no such party"));
        }
        known
    }

    /// Reads a promoter named by a platform. A number that no party has yet stands for the anchor that will have it, so
    /// a fact is never refused because its anchor was registered late.
    pub fn promoter(&mut self, pointer: &str, book: BookId, text: &str) -> Option<PartyId> {
        if let Ok(party) = text.parse() {
            return Some(party);
        }
        match self.parties.get(text) {
            Some(party) => Some(*party),
            None => {
                let number: ExternalId = self.read(pointer, text)?;
                Some(PartyId::of(book, PartyKind::Anchor, number.as_str()))
            }
        }
    }

    /// Reads a free word of the trade, such as a category: one to 100 characters, none of them a control character.
    pub fn word(&mut self, pointer: &str, text: Option<&str>) -> Option<Option<String>> {
        match text {
            None => Some(None),
            Some(text) if (1..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control) => {
                Some(Some(text.to_owned()))
            }
            Some(_) => {
                self.fault(
                    pointer,
                    Fault::new("word_form", "1 to 100 characters without control characters"),
                );
                None
            }
        }
    }

    /// Reads a part of the body; pointers inside begin with `name`.
    pub fn within<T>(&mut self, name: &str, read: impl FnOnce(&mut Form) -> T) -> T {
        let length = self.prefix.len();
        self.prefix.push_str(name);
        let value = read(self);
        self.prefix.truncate(length);
        value
    }

    /// Forgets the faults if there are some and all are of these codes; the first one's code.
    pub fn all_faults_of(&mut self, codes: &[&str]) -> Option<&'static str> {
        let only = self.faults.iter().all(|fault| codes.contains(&fault.code));
        let first = self.faults.first().map(|fault| fault.code).filter(|_| only);
        if first.is_some() {
            self.faults.clear();
        }
        first
    }

    /// The value, or every fault.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(self.into_problem()),
        }
    }

    fn into_problem(self) -> Problem {
        let mut problem = Problem::invalid(self.faults);
        // A missing field is a matter of shape, as when every kind needs it.
        if problem
            .errors
            .iter()
            .all(|field| matches!(field.code, "missing_field" | "unexpected_field"))
        {
            problem.status = actix_web::http::StatusCode::BAD_REQUEST;
        }
        problem
    }
}
