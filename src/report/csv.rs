//! CSV for people's spreadsheets: UTF-8 with a byte-order mark, CRLF, text cells that no spreadsheet runs as a formula.
//! Must never write an amount with a currency sign, a thousands mark, or as a formula.

use std::borrow::Cow;
use std::io::Write;

use super::{Cell, ReportError, Table};

/// First characters that make a spreadsheet run a cell, with their full-width twins, and those that some spreadsheets
/// skip before they look for one.
const RISKY: [char; 14] = [
    '=', '+', '-', '@', '\t', '\r', '\n', '\0', '|', '%', '＝', '＋', '－', '＠',
];

/// A text cell that no spreadsheet runs: a risky first character gets an apostrophe before it.
pub fn cell(text: &str) -> Cow<'_, str> {
    if text.starts_with(RISKY) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A writer of rows. The byte-order mark is written at once.
pub struct CsvRows<W: Write> {
    rows: csv::Writer<W>,
}

impl<W: Write> CsvRows<W> {
    /// Starts a file with its header.
    pub fn start(mut out: W, columns: &[impl AsRef<str>]) -> Result<CsvRows<W>, ReportError> {
        out.write_all("\u{feff}".as_bytes())?;
        let mut rows = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(out);
        // A column may be named by somebody: a fee by its formula.
        let heads: Vec<Cow<'_, str>> = columns.iter().map(|name| cell(name.as_ref())).collect();
        rows.write_record(heads.iter().map(|head| head.as_bytes()))
            .map_err(std::io::Error::from)?;
        Ok(CsvRows { rows })
    }

    /// Goes on with a file that was started elsewhere.
    pub fn go_on(out: W) -> CsvRows<W> {
        let rows = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(out);
        CsvRows { rows }
    }

    /// Writes one row.
    pub fn row(&mut self, row: &[Cell]) -> Result<(), ReportError> {
        let fields = row.iter().map(|field| match field {
            Cell::Text(text) => cell(text),
            Cell::Number(number) => Cow::Borrowed(number.as_str()),
            Cell::Empty => Cow::Borrowed(""),
        });
        let fields: Vec<Cow<'_, str>> = fields.collect();
        self.rows
            .write_record(fields.iter().map(|field| field.as_bytes()))
            .map_err(std::io::Error::from)?;
        Ok(())
    }

    /// Ends the file.
    pub fn finish(mut self) -> Result<(), ReportError> {
        self.rows.flush()?;
        Ok(())
    }
}

/// Writes a whole table.
pub fn write_csv(table: &Table, out: impl Write) -> Result<(), ReportError> {
    let mut rows = CsvRows::start(out, &table.columns)?;
    for row in &table.rows {
        rows.row(row)?;
    }
    rows.finish()
}
