//! Rows of a file, one at a time in constant memory: CSV or a sheet of a workbook, NDJSON or a JSON document, plain or gzipped.
//! Must never hold a second row, nor stop at a bad one: a bad row is a fault with its number, the next row follows.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::csv::{self, End, Record};
use super::emit::RowFault;
use super::input::Input;
use super::json::{Step, Walk};
use super::mapping::Format;
use super::ndjson;
use super::plan::{Cells, Plan};
use super::text::Letters;
use super::workbook::{self, Limits};
use super::xlsx::Sheet;

/// Longest row, in bytes.
pub const ROW_LIMIT: usize = 64 * 1024;
/// Most columns of a row.
pub(super) const COLUMN_LIMIT: usize = 2_048;

/// Why a file could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The operating system refused.
    #[error("cannot read {path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The header does not fit the mapping.
    #[error("{path} does not fit the mapping: {fault}")]
    Header {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        fault: RowFault,
    },
}

/// What a read gave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// A row, in the cells given.
    Row,
    /// A row that cannot be used.
    Bad(RowFault),
    /// No more rows.
    End,
}

/// The rows of one file.
pub struct Rows {
    path: PathBuf,
    input: BufReader<Input>,
    form: Form,
    letters: Letters,
    /// Words that stand for an empty cell.
    absent: Vec<String>,
    /// Tables: which field goes into which slot. JSON: which path.
    by_position: Vec<(usize, usize)>,
    by_name: HashMap<String, Vec<usize>>,
    slots: usize,
    width: Option<usize>,
    record: Record,
    number: u64,
}

/// How the rows stand in the file.
enum Form {
    Csv(u8),
    Sheet(Sheet),
    Lines,
    Document(Walk),
}

impl Rows {
    /// Opens a file and reads its header.
    pub fn open(path: &Path, plan: &Plan) -> Result<Rows, SourceError> {
        let failed = |source| SourceError::Io {
            path: path.to_owned(),
            source,
        };
        let file = BufReader::with_capacity(64 * 1024, File::open(path).map_err(failed)?);
        Rows::read(path, Box::new(file), plan)
    }

    /// Reads the header of bytes from anywhere; `path` only names them.
    pub fn read(path: &Path, file: Box<dyn BufRead + Send>, plan: &Plan) -> Result<Rows, SourceError> {
        let failed = |source| SourceError::Io {
            path: path.to_owned(),
            source,
        };
        let unfit = |fault| SourceError::Header {
            path: path.to_owned(),
            fault,
        };
        let mut input = Input::open(file).map_err(failed)?;
        let form = match form(&input, plan).map_err(unfit)? {
            Format::Xlsx => {
                let book = input.lay_down().map_err(failed)?;
                let too_large = || unfit(RowFault::new("file_too_large", "a workbook of more than 1 GiB"));
                let mut book = book.ok_or_else(too_large)?;
                workbook::check(&mut book, Limits::USUAL).map_err(unfit)?;
                Form::Sheet(Sheet::open(book, plan.source.sheet.clone()))
            }
            Format::Ndjson => Form::Lines,
            Format::Json => Form::Document(Walk::new(&plan.source.rows)),
            Format::Csv | Format::Any => Form::Csv(delimiter(input.head(), plan)),
        };
        let mut rows = Rows {
            path: path.to_owned(),
            input: BufReader::with_capacity(64 * 1024, input),
            form,
            letters: Letters::new(plan.source.encoding),
            absent: plan.source.absent.clone(),
            by_position: Vec::new(),
            by_name: HashMap::new(),
            slots: plan.columns.len(),
            width: None,
            record: Record::default(),
            number: 0,
        };
        let begun = match &mut rows.form {
            Form::Document(walk) => walk.seek(&mut rows.input).map_err(failed)?,
            _ => Ok(true),
        };
        match (&rows.form, begun) {
            (_, Err(fault)) => return Err(unfit(fault)),
            (Form::Document(_), Ok(false)) => {
                let message = format!("the document has no list at {}", plan.source.rows.join(" or "));
                return Err(unfit(RowFault::new("rows_missing", message)));
            }
            (Form::Csv(_) | Form::Sheet(_), _) => rows.read_header(plan)?,
            (Form::Document(_) | Form::Lines, _) => {
                for (slot, column) in plan.columns.iter().enumerate() {
                    for name in std::iter::once(&column.name).chain(&column.also) {
                        rows.by_name.entry(name.clone()).or_default().push(slot);
                    }
                }
            }
        }
        Ok(rows)
    }

    /// Number of the row read last, from 1; the header does not count.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The row read last as it stands in the file; a row of a workbook as a CSV line.
    pub fn raw(&self) -> Cow<'_, str> {
        self.letters.show(&self.record.raw)
    }

    /// Bytes of the file read so far.
    pub fn bytes(&self) -> u64 {
        self.input.get_ref().progress()
    }

    /// How many columns of the mapping a table's header has; none where rows name their columns themselves.
    pub fn bound(&self) -> Option<usize> {
        self.width.map(|_| self.by_position.len())
    }

    fn failed(&self, source: io::Error) -> SourceError {
        SourceError::Io {
            path: self.path.clone(),
            source,
        }
    }

    fn read_header(&mut self, plan: &Plan) -> Result<(), SourceError> {
        let fault = |rows: &Rows, fault| SourceError::Header {
            path: rows.path.clone(),
            fault,
        };
        let names: Vec<String> = if plan.source.header {
            match self.read_row() {
                Ok(Step::Row) => {}
                Ok(Step::End) => return Err(fault(self, RowFault::new("file_empty", "the file has no header row"))),
                Ok(Step::Broken(wrong)) => return Err(fault(self, wrong)),
                Err(error) => return Err(self.failed(error)),
            }
            self.letters.look(&self.record.raw, self.record.too_long);
            let read = |bytes| self.letters.read(bytes).map(|name| heading(&name));
            let names: Result<Vec<String>, RowFault> = self.record.fields().map(read).collect();
            names.map_err(|wrong| fault(self, wrong))?
        } else {
            plan.source.columns.clone()
        };
        self.width = Some(names.len());
        let header: Vec<&str> = names.iter().map(String::as_str).collect();
        let positions = plan.bind(&header).map_err(|wrong| fault(self, wrong))?;
        for (slot, position) in positions.into_iter().enumerate() {
            if let Some(position) = position {
                self.by_position.push((position, slot));
            }
        }
        self.by_position.sort_unstable();
        Ok(())
    }

    /// Reads the next row into the record.
    fn read_row(&mut self) -> io::Result<Step> {
        let end = match &mut self.form {
            Form::Csv(delimiter) => csv::next(&mut self.input, *delimiter, &mut self.record)?,
            Form::Lines => csv::next_line(&mut self.input, &mut self.record)?,
            Form::Document(walk) => return walk.next(&mut self.input, &mut self.record),
            Form::Sheet(sheet) => {
                return Ok(match sheet.next() {
                    Some(Ok(cells)) => {
                        self.record.take(&cells);
                        Step::Row
                    }
                    Some(Err(fault)) => {
                        self.record.clear();
                        Step::Broken(fault)
                    }
                    None => Step::End,
                });
            }
        };
        self.record.end = end;
        Ok(end.map_or(Step::End, |_| Step::Row))
    }

    /// Reads the next row into `cells`.
    pub fn next(&mut self, cells: &mut Cells) -> Result<Next, SourceError> {
        cells.reset(self.slots);
        match self.read_row() {
            Ok(Step::Row) => {}
            Ok(Step::End) => return Ok(Next::End),
            Ok(Step::Broken(fault)) => {
                self.number += 1;
                if matches!(self.form, Form::Document(_)) {
                    self.close();
                }
                return Ok(Next::Bad(fault));
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.number += 1;
                self.close();
                let fault = RowFault::new("file_cut_off", "the gzip stream ends before its end");
                return Ok(Next::Bad(fault));
            }
            Err(error) => return Err(self.failed(error)),
        }
        self.number += 1;
        cells.row_hash = hash(&self.record.raw);
        if self.record.too_long {
            return Ok(Next::Bad(RowFault::new(
                "row_too_long",
                "the row is longer than 64 KiB",
            )));
        }
        if !matches!(self.form, Form::Sheet(_)) {
            self.letters.look(&self.record.raw, false);
        }
        let filled = match self.form {
            Form::Csv(_) | Form::Sheet(_) => self.fill_table(cells),
            Form::Lines | Form::Document(_) => self.fill_json(cells),
        };
        Ok(filled.map_or_else(Next::Bad, |()| Next::Row))
    }

    /// Nothing more is read.
    fn close(&mut self) {
        self.input.get_mut().close();
        let buffered = self.input.buffer().len();
        self.input.consume(buffered);
        self.form = Form::Lines;
    }

    fn fill_table(&self, cells: &mut Cells) -> Result<(), RowFault> {
        let width = self.record.len();
        if self.record.end == Some(End::InsideQuotes) {
            return Err(RowFault::new("row_cut_off", "the file ends inside a quoted value"));
        }
        // A sheet has no cells where nothing stands at the end of a row.
        let short_is_fine = matches!(self.form, Form::Sheet(_));
        match self.width {
            Some(expected) if width < expected && self.record.end == Some(End::File) => {
                let message = format!("the file ends inside this row: {width} of {expected} columns");
                return Err(RowFault::new("row_cut_off", message));
            }
            Some(expected) if width > expected || (width < expected && !short_is_fine) => {
                let message = format!("the row has {width} columns, the header {expected}");
                return Err(RowFault::new("columns_differ", message));
            }
            _ if width > COLUMN_LIMIT => return Err(RowFault::new("columns_too_many", "more than 2,048 columns")),
            _ => {}
        }
        let mut wanted = self.by_position.iter().peekable();
        for (position, field) in self.record.fields().enumerate() {
            while let Some((_, slot)) = wanted.next_if(|(place, _)| *place == position) {
                let text = self.letters.read(field)?;
                self.tell(cells, *slot, &text);
            }
        }
        Ok(())
    }

    fn fill_json(&self, cells: &mut Cells) -> Result<(), RowFault> {
        let line = self.letters.read(&self.record.raw)?;
        let mut tell = |path: &str, value: &str| {
            for slot in self.by_name.get(path).into_iter().flatten() {
                self.tell(cells, *slot, value);
            }
        };
        ndjson::flatten(&line, &mut tell).map_err(|fault| match (fault.code, self.record.end) {
            ("json_form", Some(End::File)) => RowFault::new("row_cut_off", "the file ends inside this row"),
            _ => fault,
        })
    }

    /// Tells a cell, unless it holds a word for nothing, or another heading of the same column has told it.
    fn tell(&self, cells: &mut Cells, slot: usize, text: &str) {
        let nothing = self.absent.iter().any(|word| word == text.trim());
        if !nothing && cells.get(slot).is_none() {
            cells.set(slot, text);
        }
    }
}

/// A heading as it is compared: without blanks at its ends, and a full-width sign （） is the same as a plain one.
pub(super) fn heading(name: &str) -> String {
    name.trim().nfkc().collect()
}

/// The form of the rows: stated, or seen at the beginning of the file. A workbook may stand wherever a CSV file may.
fn form(input: &Input, plan: &Plan) -> Result<Format, RowFault> {
    let head = input.head();
    let stated = plan.source.format;
    let workbook = head.starts_with(b"PK\x03\x04");
    match stated {
        Format::Csv | Format::Any if workbook => return Ok(Format::Xlsx),
        Format::Xlsx if !workbook => return Err(RowFault::new("format_differs", "the file is not an XLSX workbook")),
        Format::Any => {}
        _ => return Ok(stated),
    }
    let begins = head.iter().find(|byte| !byte.is_ascii_whitespace());
    if !matches!(begins, Some(b'{' | b'[')) {
        return Ok(Format::Csv);
    }
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let whole = begins == Some(&b'{') && serde_json::from_slice::<IgnoredAny>(line).is_ok();
    // One object on the first line is a row of NDJSON, unless it holds the rows itself.
    let holds = || {
        let mut walk = Walk::new(&plan.source.rows);
        matches!(walk.seek(&mut &*line), Ok(Ok(true)))
    };
    Ok(if whole && !holds() {
        Format::Ndjson
    } else {
        Format::Json
    })
}

/// The sign between columns: as stated; a tab where the form is left open and the first line has tabs and no such sign.
fn delimiter(head: &[u8], plan: &Plan) -> u8 {
    let stated = u8::try_from(plan.source.delimiter).unwrap_or(b',');
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    match plan.source.format {
        Format::Any if line.contains(&b'\t') && !line.contains(&stated) => b'\t',
        _ => stated,
    }
}

/// Not a cryptographic hash: it only tells identical rows of one file apart from others.
fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// SHA-256 of a file's bytes and their number.
pub fn digest(path: &Path) -> Result<([u8; 32], u64), SourceError> {
    let failed = |source| SourceError::Io {
        path: path.to_owned(),
        source,
    };
    let mut file = BufReader::with_capacity(64 * 1024, File::open(path).map_err(failed)?);
    let mut hash = Sha256::new();
    let mut bytes = 0_u64;
    loop {
        let read = {
            let buffer = file.fill_buf().map_err(failed)?;
            hash.update(buffer);
            buffer.len()
        };
        if read == 0 {
            return Ok((hash.finalize().into(), bytes));
        }
        bytes = bytes.saturating_add(read as u64);
        file.consume(read);
    }
}
