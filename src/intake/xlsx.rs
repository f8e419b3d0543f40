//! Rows of one sheet of an XLSX workbook, as text, read by a thread of its own that is never more than a few rows ahead.
//! Must never let a number stand in for an id: what a spreadsheet holds only approximately is told in scientific notation,
//! which no id accepts.
//!
//! A cell is told as it is shown, with three exceptions that lose nothing: a number without grouping or currency sign, in
//! at most the fifteen digits that a spreadsheet keeps; a percentage with its sign (`30%`); a time as `2026-01-31 12:00:00`.

use std::fs::File;
use std::io::BufReader;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use calamine::{DataRef, Reader, Xlsx};
use rust_decimal::Decimal;

use super::emit::RowFault;
use super::source::{COLUMN_LIMIT, ROW_LIMIT};

/// Rows that the thread may be ahead.
const AHEAD: usize = 64;

/// What the thread tells: a row, a fault, or nothing more.
type Told = Result<Option<Vec<String>>, RowFault>;

/// The rows of a sheet.
pub(super) struct Sheet {
    rows: Receiver<Told>,
    ended: bool,
}

impl Sheet {
    /// Starts to read a sheet: the one with this name, else the first.
    pub(super) fn open(file: File, name: Option<String>) -> Sheet {
        let (send, rows) = sync_channel(AHEAD);
        // When the reader of the rows goes away, sending fails and the thread ends.
        thread::spawn(move || {
            if let Err(fault) = read(file, name, &send) {
                let _ = send.send(Err(fault));
            }
            let _ = send.send(Ok(None));
        });
        Sheet { rows, ended: false }
    }

    /// The next row that is not empty; none at the end. A thread that went away without saying so is a fault, not an end.
    pub(super) fn next(&mut self) -> Option<Result<Vec<String>, RowFault>> {
        if self.ended {
            return None;
        }
        let told = self.rows.recv().unwrap_or_else(|_| {
            self.ended = true;
            Err(form("it cannot be read to its end"))
        });
        let row = told.transpose();
        self.ended |= row.is_none();
        row
    }
}

fn form(error: impl std::fmt::Display) -> RowFault {
    RowFault::new("xlsx_form", format!("not a readable workbook: {error}"))
}

type Send = SyncSender<Told>;

fn read(file: File, name: Option<String>, send: &Send) -> Result<(), RowFault> {
    let mut book = Xlsx::new(BufReader::with_capacity(64 * 1024, file)).map_err(form)?;
    let names = book.sheet_names();
    let name = match name {
        Some(name) if names.contains(&name) => name,
        Some(name) => {
            let message = format!("the workbook has no sheet {name:?}; it has: {}", names.join(", "));
            return Err(RowFault::new("sheet_missing", message));
        }
        None => names
            .first()
            .cloned()
            .ok_or_else(|| RowFault::new("sheet_missing", "the workbook has no sheet"))?,
    };
    let mut cells = book.worksheet_cells_reader(&name).map_err(form)?;
    let in_percent = |style: &calamine::Style| {
        let format = style.number_format.as_ref();
        format.is_some_and(|format| format.format_code.contains('%'))
    };
    let percent: Vec<bool> = cells.styles().iter().map(in_percent).collect();
    let mut row = Vec::new();
    let mut at = None;
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(form)? {
        let (line, column) = cell.get_position();
        if at != Some(line) {
            at = Some(line);
            if !deliver(send, &mut row) {
                return Ok(());
            }
        }
        let text = text(cell.get_value(), percent.get(style).copied().unwrap_or(false));
        if text.trim().is_empty() {
            continue;
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column >= COLUMN_LIMIT {
            row.clear();
            return Err(RowFault::new("columns_too_many", "more than 2,048 columns"));
        }
        if row.len() <= column {
            row.resize(column + 1, String::new());
        }
        if let Some(cell) = row.get_mut(column) {
            *cell = text;
        }
    }
    deliver(send, &mut row);
    Ok(())
}

/// False when nobody reads any more.
fn deliver(send: &Send, row: &mut Vec<String>) -> bool {
    if row.is_empty() {
        return true;
    }
    let row = std::mem::take(row);
    let bytes: usize = row.iter().map(String::len).sum();
    let told = match bytes > ROW_LIMIT {
        true => Err(RowFault::new("row_too_long", "the row is longer than 64 KiB")),
        false => Ok(Some(row)),
    };
    send.send(told).is_ok()
}

fn text(value: &DataRef<'_>, percent: bool) -> String {
    match value {
        DataRef::Int(value) => number(&value.to_string(), percent),
        DataRef::Float(value) => match value.to_string() {
            whole if !whole.contains('.') => number(&whole, percent),
            _ => number(&fifteen(&format!("{value:.14e}")), percent),
        },
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(true) => "TRUE".to_owned(),
        DataRef::Bool(false) => "FALSE".to_owned(),
        DataRef::DateTime(time) if time.is_datetime() => {
            let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
            let mut text = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
            if milli > 0 {
                text.push_str(&format!(".{milli:03}"));
            }
            text
        }
        DataRef::DateTime(length) => length.as_f64().to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// `4.65000000000000e0` is 4.65: what was typed, not what a double makes of it.
fn fifteen(scientific: &str) -> String {
    match Decimal::from_scientific(scientific) {
        Ok(number) => number.normalize().to_string(),
        Err(_) => scientific.to_owned(),
    }
}

/// Whole numbers from 2^53 on are approximations in a spreadsheet: told as it shows them, such as `4.51367485256392E+17`.
fn number(text: &str, percent: bool) -> String {
    const EXACT: i128 = 1 << 53;
    if percent {
        let hundred = text
            .parse::<Decimal>()
            .ok()
            .and_then(|n| n.checked_mul(Decimal::ONE_HUNDRED));
        return hundred.map_or_else(|| text.to_owned(), |n| format!("{}%", n.normalize()));
    }
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let exact = digits.parse::<i128>().is_ok_and(|number| number < EXACT);
    if !whole || exact {
        return text.to_owned();
    }
    let (first, rest) = digits.split_at(1);
    let kept: String = rest.chars().take(14).collect();
    format!("{sign}{first}.{kept}E+{}", rest.len())
}

#[cfg(test)]
mod tests {
    use super::{fifteen, number};

    #[test]
    fn numbers_from_two_to_the_53rd_on_are_told_as_the_approximations_they_are() {
        assert_eq!(number("9007199254740991", false), "9007199254740991");
        assert_eq!(number("9007199254740992", false), "9.00719925474099E+15");
        assert_eq!(number("451367485256392200", false), "4.51367485256392E+17");
        assert_eq!(number("-3", false), "-3");
        assert_eq!(number("0.3", true), "30%");
        assert_eq!(number("0.0135", true), "1.35%");
    }

    #[test]
    fn a_fraction_has_the_fifteen_digits_that_a_spreadsheet_keeps() {
        assert_eq!(fifteen("4.65000000000000e0"), "4.65");
        assert_eq!(fifteen("3.00000000000000e-1"), "0.3");
        assert_eq!(fifteen("-1.58550000000000e2"), "-158.55");
    }
}
