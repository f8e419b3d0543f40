//! XLSX for people's spreadsheets: ids as text, amounts as numbers with their decimals, further sheets past the row limit.
//! Must never hold the rows: each goes to a temporary file as it is written.

use std::io::{Seek, Write};

use rust_xlsxwriter::{ColNum, Format, RowNum, Workbook, Worksheet};

use super::{Cell, ReportError, Table};

/// Rows of a sheet, its head included.
pub const SHEET_ROWS: u32 = 1_048_576;
/// Characters of a cell.
const CELL_CHARS: usize = 32_767;
/// Digits that a cell's number holds exactly; more stay text.
const EXACT_DIGITS: usize = 15;

/// A workbook that is written row by row.
pub struct XlsxRows {
    book: Workbook,
    heads: Vec<String>,
    bold: Format,
    formats: [Format; 7],
    limit: u32,
    next: u32,
    sheets: usize,
}

impl XlsxRows {
    /// Starts a workbook with the heads of its columns.
    pub fn start(columns: &[impl AsRef<str>]) -> Result<XlsxRows, ReportError> {
        XlsxRows::with_limit(columns, SHEET_ROWS)
    }

    /// The same with fewer rows a sheet.
    pub fn with_limit(columns: &[impl AsRef<str>], limit: u32) -> Result<XlsxRows, ReportError> {
        let mut rows = XlsxRows::empty(columns, limit);
        rows.sheet()?;
        Ok(rows)
    }

    /// A workbook whose first sheet is a short table of its own; the rows come on the sheets behind it.
    pub fn behind(cover: &Table, columns: &[impl AsRef<str>]) -> Result<XlsxRows, ReportError> {
        let mut rows = XlsxRows::empty(&cover.columns, SHEET_ROWS);
        rows.sheet()?;
        let sheet = rows.book.worksheet_from_index(0)?;
        sheet.set_name(&cover.title)?;
        for (column, wide) in (0_u16..).zip([28.0, 44.0, 20.0, 12.0]) {
            sheet.set_column_width(column, wide)?;
        }
        for row in &cover.rows {
            rows.row(row)?;
        }
        rows.heads = columns.iter().map(|name| name.as_ref().to_owned()).collect();
        rows.sheet()?;
        Ok(rows)
    }

    fn empty(columns: &[impl AsRef<str>], limit: u32) -> XlsxRows {
        let decimals = |digits: usize| match digits {
            0 => Format::new().set_num_format("0"),
            digits => Format::new().set_num_format(format!("0.{}", "0".repeat(digits))),
        };
        XlsxRows {
            book: Workbook::new(),
            heads: columns.iter().map(|name| name.as_ref().to_owned()).collect(),
            bold: Format::new().set_bold(),
            formats: std::array::from_fn(decimals),
            limit: limit.clamp(2, SHEET_ROWS),
            next: 0,
            sheets: 0,
        }
    }

    fn sheet(&mut self) -> Result<(), ReportError> {
        self.sheets += 1;
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        sheet.set_name(format!("{}", self.sheets))?;
        sheet.set_freeze_panes(1, 0)?;
        for (column, head) in (0_u16..).zip(&self.heads) {
            text(sheet, 0, column, head, Some(&self.bold))?;
        }
        self.next = 1;
        Ok(())
    }

    /// Writes one row.
    pub fn row(&mut self, row: &[Cell]) -> Result<(), ReportError> {
        if self.next == self.limit {
            self.sheet()?;
        }
        let sheet = self.book.worksheet_from_index(self.sheets - 1)?;
        for (column, cell) in (0_u16..).zip(row) {
            match cell {
                Cell::Text(words) => text(sheet, self.next, column, words, None)?,
                Cell::Number(digits) => number(sheet, self.next, column, digits, &self.formats)?,
                Cell::Empty => {}
            }
        }
        self.next += 1;
        Ok(())
    }

    /// Ends the workbook and puts it together in `out`.
    pub fn finish(mut self, out: impl Write + Seek + Send) -> Result<(), ReportError> {
        self.book.save_to_writer(out)?;
        Ok(())
    }
}

/// A cell of type text is never run, whatever it begins with.
fn text(
    sheet: &mut Worksheet,
    row: RowNum,
    column: ColNum,
    words: &str,
    format: Option<&Format>,
) -> Result<(), ReportError> {
    let cut;
    let words = match words.char_indices().nth(CELL_CHARS) {
        Some((end, _)) => {
            cut = words.get(..end).unwrap_or_default();
            cut
        }
        None => words,
    };
    match format {
        Some(format) => sheet.write_string_with_format(row, column, words, format)?,
        None => sheet.write_string(row, column, words)?,
    };
    Ok(())
}

/// The nearest number to the digits; what a cell could not give back exactly stays text.
fn number(
    sheet: &mut Worksheet,
    row: RowNum,
    column: ColNum,
    digits: &str,
    formats: &[Format],
) -> Result<(), ReportError> {
    let decimals = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let exact = digits.bytes().filter(u8::is_ascii_digit).count() <= EXACT_DIGITS;
    match (digits.parse::<f64>(), formats.get(decimals)) {
        (Ok(value), Some(format)) if exact => sheet.write_number_with_format(row, column, value, format)?,
        _ => sheet.write_string(row, column, digits)?,
    };
    Ok(())
}

/// Writes a whole table.
pub fn write_xlsx(table: &Table, out: impl Write + Seek + Send) -> Result<(), ReportError> {
    let mut rows = XlsxRows::start(&table.columns)?;
    for row in &table.rows {
        rows.row(row)?;
    }
    rows.finish(out)
}
