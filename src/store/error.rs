//! The one error of the store: word-sized, with a kind taken from SQLSTATE, never from message text.
//! Must never decide what to do: the engine asks `kind` and acts (decision B5).

use std::fmt;

use crate::domain::event::DecodeError;

/// What kind of failure it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The connection is gone or the server is going down; what was in flight is unknown.
    Connection,
    /// Out of something or waited too long for a lock: nothing happened, later it may work.
    Busy,
    /// The transaction lost a race or a deadlock and was undone.
    Serialization,
    /// A constraint refused a row.
    Constraint,
    /// A value does not fit the database, or a limit of a statement was passed.
    Data,
    /// The role may not do this.
    Forbidden,
    /// Stored bytes are not what they must be.
    Corrupt,
    /// Anything else: a fault of this program or its configuration.
    Other,
}

/// A failure of the store.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    what: String,
    source: Option<Source>,
}

type Source = Box<dyn std::error::Error + Send + Sync>;

/// The store's result.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Stored bytes are not what they must be.
    pub fn corrupt(what: impl Into<String>) -> Error {
        Error::of(Kind::Corrupt, what)
    }

    /// A value that cannot be stored.
    pub fn data(what: impl Into<String>) -> Error {
        Error::of(Kind::Data, what)
    }

    /// The server does not answer; what was in flight is unknown.
    pub fn lost(what: impl Into<String>) -> Error {
        Error::of(Kind::Connection, what)
    }

    /// Somebody else is at it.
    pub fn busy(what: impl Into<String>) -> Error {
        Error::of(Kind::Busy, what)
    }

    /// The server or its role is set up in a way that is refused.
    pub fn setup(what: impl Into<String>) -> Error {
        Error::of(Kind::Other, what)
    }

    fn of(kind: Kind, what: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            kind,
            what: what.into(),
            source: None,
        }))
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// True when the same batch may succeed if tried again as a whole.
    pub fn may_pass(&self) -> bool {
        matches!(self.kind(), Kind::Connection | Kind::Busy | Kind::Serialization)
    }

    /// True when one command of the batch is to blame: it is found by halving.
    pub fn is_poison(&self) -> bool {
        matches!(self.kind(), Kind::Constraint | Kind::Data)
    }

    /// The constraint that refused a row.
    pub fn constraint(&self) -> Option<&str> {
        let source = self.0.source.as_ref()?.downcast_ref::<tokio_postgres::Error>()?;
        source.as_db_error()?.constraint()
    }

    /// The SQLSTATE, when the server said one.
    pub fn sqlstate(&self) -> Option<&str> {
        let source = self.0.source.as_ref()?.downcast_ref::<tokio_postgres::Error>()?;
        source.code().map(tokio_postgres::error::SqlState::code)
    }
}

fn kind_of(error: &tokio_postgres::Error) -> Kind {
    let Some(state) = error.code() else {
        // No SQLSTATE: either the socket failed, or a value could not be converted on our side.
        let broken = error.is_closed() || std::error::Error::source(error).is_some_and(|s| s.is::<std::io::Error>());
        return if broken { Kind::Connection } else { Kind::Other };
    };
    match (state.code(), state.code().get(..2)) {
        // lock_not_available and query_canceled: waited too long.
        ("55P03" | "57014", _) => Kind::Busy,
        (_, Some("08" | "57")) => Kind::Connection,
        // 25P03: idle_in_transaction_session_timeout ended the session.
        ("25P03", _) => Kind::Connection,
        (_, Some("53")) => Kind::Busy,
        (_, Some("40")) => Kind::Serialization,
        (_, Some("23")) => Kind::Constraint,
        (_, Some("22" | "54")) => Kind::Data,
        ("42501", _) => Kind::Forbidden,
        _ => Kind::Other,
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Error {
        Error(Box::new(Inner {
            kind: kind_of(&error),
            what: "the database refused".to_owned(),
            source: Some(Box::new(error)),
        }))
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Error {
        Error(Box::new(Inner {
            kind: Kind::Corrupt,
            what: "an event does not decode".to_owned(),
            source: Some(Box::new(error)),
        }))
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Error {
        Error(Box::new(Inner {
            kind: Kind::Corrupt,
            what: "stored JSON does not decode".to_owned(),
            source: Some(Box::new(error)),
        }))
    }
}

impl From<super::tree::FrontierError> for Error {
    fn from(error: super::tree::FrontierError) -> Error {
        Error::corrupt(error.to_string())
    }
}

impl From<crate::money::MoneyError> for Error {
    fn from(error: crate::money::MoneyError) -> Error {
        Error::data(error.to_string())
    }
}

impl From<crate::ledger::EntryError> for Error {
    fn from(error: crate::ledger::EntryError) -> Error {
        Error::corrupt(error.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)?;
        match self.sqlstate() {
            Some(state) => write!(f, " (SQLSTATE {state})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)?;
        match &self.0.source {
            Some(source) => write!(f, ": {source:?}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source.as_ref() as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn a_corrupt_row_is_never_tried_again() {
        let error = Error::corrupt("x");
        assert!(!error.may_pass() && !error.is_poison());
    }
}
