//! The mapping language: a TOML file that says what the columns of a foreign file mean.
//! Must never read a file or know a platform; a mapping that does not parse is one plain sentence.
//!
//! ```toml
//! name = "my-orders"
//! about = "What the file is and where it comes from."
//! [source]
//! format = "csv"              # or "xlsx", "ndjson", "json" or "any"; a gzipped file is recognised by itself
//! # sheet = "Sheet1"          # of a workbook; the first when absent
//! # rows = "data.results"     # of a JSON document: where the list of rows stands
//! # encoding = "gbk"          # or "utf8"; seen from the file when absent
//! platform = "my-shop"        # the source of every fact
//! currency = "CNY"
//! zone = "Asia/Shanghai"      # of times without an offset
//! # header = false            # then name the positions: columns = ["user", "item", "at"]
//! # absent = ["--"]           # words that stand for an empty cell
//! [aliases]                   # other headings of a column, such as those of an export
//! "order id" = ["订单编号"]
//! [[ignore]]
//! reason = "cart"             # counted under this word
//! when = [{ column = "event", is = "cart" }]
//! [common]                    # fields of every emission
//! line_no = "order id"        # short for { column = "order id" }
//! [[emit]]
//! kind = "paid"
//! when = [{ column = "paid at", present = true }]
//! fields.at = { column = "paid at", time = "%Y-%m-%d %H:%M:%S" }
//! fields.amount = { column = "total" }
//! fields.ordered_at = ["created at", { column = "paid at", plus_seconds = -1 }]   # the first that is filled
//! fields.estimated_rate = { column = "rate", rate = "percent" }
//! # a list of JSON rows is one value: its labels are asked for with `has`, the members of its objects are named
//! # fields.mixed = { column = "tags", has = ["混批"] }
//! # fields.tiers = { column = "prices", members = { from = "begin", to = "end", price = "price" } }
//! [cash]                      # rows that are movements of cash: read by reconciliations alone
//! when = [{ column = "kind", is = "cash" }]
//! fields.amount = "moved"
//! fields.tag = { column = "what", words = { "提现退票" = "withdrawal_bounced" } }
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use super::field::{Field, words};
use super::setup::Setup;
use crate::base::{ExternalId, Zone};
use crate::money::Currency;

/// Why a mapping was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not TOML of this shape.
    #[error("the mapping does not parse: {0}")]
    Form(String),
    /// A field that this kind does not have.
    #[error("kind {kind:?} has no field {field:?}; it has: {known}")]
    UnknownField {
        /// The emission.
        kind: &'static str,
        /// The stranger.
        field: String,
        /// What could have been meant.
        known: String,
    },
    /// A field that this kind cannot do without.
    #[error("kind {kind:?} needs the field {field:?}")]
    MissingField {
        /// The emission.
        kind: &'static str,
        /// What is missing.
        field: &'static str,
    },
    /// A field or condition that contradicts itself.
    #[error("{0}")]
    Sense(String),
}

/// Form of the rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Comma-separated, RFC 4180, quotes and line ends inside quotes included.
    #[default]
    Csv,
    /// One JSON object a line; a nested value is named `outer.inner`.
    Ndjson,
    /// A JSON document that holds a list of rows at `rows`.
    Json,
    /// A sheet of an XLSX workbook.
    Xlsx,
    /// Any of these, as the beginning of the file shows.
    Any,
}

/// The letters of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// As the first row shows that is not plain ASCII.
    #[default]
    Auto,
    /// UTF-8.
    Utf8,
    /// GBK, or its superset GB18030.
    Gbk,
}

/// How the rows look.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Form of the rows.
    #[serde(default)]
    pub format: Format,
    /// The letters.
    #[serde(default)]
    pub encoding: Encoding,
    /// A workbook: name of the sheet; the first when absent.
    pub sheet: Option<String>,
    /// A JSON document: path of the list of rows, or several that it may stand at. The document's own list when empty.
    #[serde(default = "document", deserialize_with = "words")]
    pub rows: Vec<String>,
    /// Words that stand for an empty cell.
    #[serde(default)]
    pub absent: Vec<String>,
    /// The first row names the columns.
    #[serde(default = "yes")]
    pub header: bool,
    /// Names of the positions of a file without header.
    #[serde(default)]
    pub columns: Vec<String>,
    /// One ASCII character between columns.
    #[serde(default = "comma")]
    pub delimiter: char,
    /// The platform that is the source of every fact (never the file or channel), unless a field says otherwise.
    pub platform: Option<ExternalId>,
    /// Currency of every amount, unless a field says otherwise.
    pub currency: Option<Currency>,
    /// Zone of times without an offset.
    #[serde(default)]
    pub zone: Zone,
}

fn yes() -> bool {
    true
}

fn document() -> Vec<String> {
    vec![String::new()]
}

fn comma() -> char {
    ','
}

/// A condition on one column; every stated part must hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Which column.
    pub column: String,
    /// Is exactly this.
    pub is: Option<String>,
    /// Is anything but this.
    pub is_not: Option<String>,
    /// Is one of these.
    #[serde(default)]
    pub among: Vec<String>,
    /// Is none of these.
    #[serde(default)]
    pub none_of: Vec<String>,
    /// Begins with this.
    pub starts: Option<String>,
    /// Does not begin with this.
    pub not_starts: Option<String>,
    /// The file need not have the column; a missing one is empty.
    #[serde(default)]
    pub optional: bool,
    /// Is filled (true) or empty (false).
    pub present: Option<bool>,
    /// Is a number above zero (true) or not (false); commas between its digits do not count.
    pub positive: Option<bool>,
}

/// Rows that are left out on purpose, counted by reason.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ignore {
    /// The word under which they are counted.
    pub reason: String,
    /// Which rows.
    pub when: Vec<Condition>,
}

/// What a row can tell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // Each is the fact of the same name in `domain::order::What`, but for clicks, receipts and offers.
pub enum Kind {
    Click,
    Created,
    Deposit,
    Tail,
    Paid,
    Received,
    Fulfilled,
    Settled,
    Closed,
    DepositKept,
    RefundOpened,
    RefundWon,
    RefundLost,
    RefundDeducted,
    Frozen,
    Unfrozen,
    Forfeited,
    PriceCorrected,
    Snapshot,
    /// A row of a return document that names no order.
    Return,
    /// A movement on the owner's own account 回款, known by its flow number.
    Receipt,
    /// An offer of a supplier 货源, with its price tiers.
    Offer,
    /// A movement of cash: no fact, and no emission of a mapping; its own table `[cash]` says what it is.
    #[serde(skip)]
    Cash,
}

/// One thing that a row tells, when its conditions hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emit {
    /// What.
    pub kind: Kind,
    /// When; always, when empty.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// Takes none of the common fields.
    #[serde(default)]
    pub alone: bool,
    /// Its fields, beside the common ones.
    #[serde(default)]
    pub fields: BTreeMap<String, Field>,
}

/// Which rows are movements of cash: imports tell nothing of them, reconciliations compare them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CashRows {
    /// Which rows; every one, when empty.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// Its fields: amount, tag, at, and where the file has them line_no and flow_no.
    pub fields: BTreeMap<String, Field>,
}

/// A mapping file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Name, as used by `--mapping`.
    pub name: String,
    /// What the file is.
    #[serde(default)]
    pub about: String,
    /// How the rows look.
    pub source: Source,
    /// Other headings of a column: fields and conditions name the column, a file may have any of them.
    #[serde(default)]
    pub aliases: BTreeMap<String, Vec<String>>,
    /// Fields of every emission that has them.
    #[serde(default)]
    pub common: BTreeMap<String, Field>,
    /// Rows left out on purpose.
    #[serde(default)]
    pub ignore: Vec<Ignore>,
    /// What a row tells.
    pub emit: Vec<Emit>,
    /// Movements of cash.
    pub cash: Option<CashRows>,
    /// Objects the file does not have but the ledger needs.
    pub setup: Option<Setup>,
}

impl Mapping {
    /// Reads a mapping file.
    pub fn parse(text: &str) -> Result<Mapping, MappingError> {
        let mapping: Mapping = toml::from_str(text).map_err(|error| MappingError::Form(error.to_string()))?;
        if mapping.emit.is_empty() {
            return Err(MappingError::Sense("the mapping emits nothing: add an [[emit]]".into()));
        }
        if !mapping.source.header && mapping.source.columns.is_empty() {
            return Err(MappingError::Sense(
                "a file without header needs source.columns, the names of its positions".into(),
            ));
        }
        if !mapping.source.delimiter.is_ascii() || matches!(mapping.source.delimiter, '"' | '\n' | '\r') {
            return Err(MappingError::Sense("source.delimiter is one ASCII character".into()));
        }
        if mapping.source.encoding == Encoding::Gbk && mapping.source.delimiter >= '@' {
            return Err(MappingError::Sense(
                "source.delimiter may be a part of a GBK letter: convert the file to UTF-8 first".into(),
            ));
        }
        Ok(mapping)
    }
}
