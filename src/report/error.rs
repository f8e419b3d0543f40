//! Why a read has no answer.
//! Must never carry an HTTP status, nor say whether what was asked for belongs to somebody else.

use crate::domain::event::DecodeError;
use crate::ledger::EntryError;
use crate::money::MoneyError;

/// Why a read has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The database refused.
    #[error("the database could not answer")]
    Database(#[from] tokio_postgres::Error),
    /// A stored event is not readable.
    #[error("a stored event could not be read")]
    Event(#[from] DecodeError),
    /// A sum left 64 bits.
    #[error("an amount could not be summed")]
    Money(#[from] MoneyError),
    /// Stored legs make no entry.
    #[error("stored legs make no entry")]
    Entry(#[from] EntryError),
    /// A stored value is none of those this program writes.
    #[error("{0}: a stored value is not readable")]
    Stored(&'static str),
    /// It does not exist, or the viewer may not see it.
    #[error("not found")]
    NotFound,
    /// The position asked for is not written yet.
    #[error("position {asked} is ahead of the log, which stands at {head}")]
    Ahead {
        /// Asked for.
        asked: i64,
        /// Last position.
        head: i64,
    },
    /// The cursor is none of ours.
    #[error("not a cursor of this list")]
    Cursor,
    /// The report needs an argument that was not given.
    #[error("this report needs {0}")]
    Needs(&'static str),
    /// More was found than one answer holds.
    #[error("more was found than one answer holds; ask for less at once")]
    TooMany,
    /// No such column.
    #[error("there is no column {0}")]
    Column(String),
    /// The output could not be written.
    #[error("the output could not be written")]
    Output(#[from] std::io::Error),
    /// No font with Chinese was found, or the one that was named cannot be used.
    #[error("{0}")]
    FontMissing(String),
    /// A PDF could not be put together.
    #[error("the PDF could not be put together: {0}")]
    Pdf(String),
    /// An archive could not be written.
    #[error("the archive could not be written")]
    Archive(#[from] zip::result::ZipError),
    /// The mapping of accounts to subjects cannot be used.
    #[error("the account mapping: {0}")]
    Subjects(String),
    /// A sheet could not be written.
    #[error("the sheet could not be written")]
    Sheet(#[from] rust_xlsxwriter::XlsxError),
}
