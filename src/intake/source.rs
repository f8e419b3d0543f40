//! Rows of a file, plain or gzipped, CSV or NDJSON, one at a time in constant memory.
//! Must never hold a second row, nor stop at a bad one: a bad row is a fault with its number, the next row follows.

use std::collections::HashMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::csv::{self, End, Record};
use super::emit::RowFault;
use super::mapping::Format;
use super::ndjson;
use super::plan::{Cells, Plan};

/// Longest row, in bytes.
pub const ROW_LIMIT: usize = 64 * 1024;
/// Most columns of a row.
const COLUMN_LIMIT: usize = 2_048;

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
    format: Format,
    delimiter: u8,
    /// CSV: which field goes into which slot. NDJSON: which path.
    by_position: Vec<(usize, usize)>,
    by_name: HashMap<String, Vec<usize>>,
    slots: usize,
    width: Option<usize>,
    record: Record,
    number: u64,
}

enum Input {
    Plain(Counted),
    Gzip(Box<MultiGzDecoder<Counted>>),
}

/// Counts the bytes of the file itself, for progress.
struct Counted {
    file: Box<dyn BufRead + Send>,
    bytes: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.bytes = self.bytes.saturating_add(read as u64);
        Ok(read)
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Input::Plain(input) => input.read(buffer),
            Input::Gzip(input) => input.read(buffer),
        }
    }
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
    pub fn read(path: &Path, mut file: Box<dyn BufRead + Send>, plan: &Plan) -> Result<Rows, SourceError> {
        let failed = |source| SourceError::Io {
            path: path.to_owned(),
            source,
        };
        let gzipped = file.fill_buf().map_err(failed)?.starts_with(&[0x1f, 0x8b]);
        let counted = Counted { file, bytes: 0 };
        let input = if gzipped {
            Input::Gzip(Box::new(MultiGzDecoder::new(counted)))
        } else {
            Input::Plain(counted)
        };
        let mut rows = Rows {
            path: path.to_owned(),
            input: BufReader::with_capacity(64 * 1024, input),
            format: plan.source.format,
            delimiter: u8::try_from(plan.source.delimiter).unwrap_or(b','),
            by_position: Vec::new(),
            by_name: HashMap::new(),
            slots: plan.columns.len(),
            width: None,
            record: Record::default(),
            number: 0,
        };
        rows.skip_mark()?;
        match plan.source.format {
            Format::Csv => rows.read_header(plan)?,
            Format::Ndjson => {
                for (slot, column) in plan.columns.iter().enumerate() {
                    rows.by_name.entry(column.name.clone()).or_default().push(slot);
                }
            }
        }
        Ok(rows)
    }

    /// Number of the row read last, from 1; the header does not count.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Bytes of the file read so far.
    pub fn bytes(&self) -> u64 {
        match self.input.get_ref() {
            Input::Plain(counted) => counted.bytes,
            Input::Gzip(decoder) => decoder.get_ref().bytes,
        }
    }

    fn failed(&self, source: io::Error) -> SourceError {
        SourceError::Io {
            path: self.path.clone(),
            source,
        }
    }

    /// A byte order mark is no part of the first column's name.
    fn skip_mark(&mut self) -> Result<(), SourceError> {
        let marked = match self.input.fill_buf() {
            Ok(buffer) => buffer.starts_with(&[0xef, 0xbb, 0xbf]),
            Err(error) => return Err(self.failed(error)),
        };
        if marked {
            self.input.consume(3);
        }
        Ok(())
    }

    fn read_header(&mut self, plan: &Plan) -> Result<(), SourceError> {
        let fault = |rows: &Rows, fault| SourceError::Header {
            path: rows.path.clone(),
            fault,
        };
        let names: Vec<String> = if plan.source.header {
            let end = csv::next(&mut self.input, self.delimiter, &mut self.record);
            let end = end.map_err(|error| self.failed(error))?;
            if end.is_none() {
                return Err(fault(self, RowFault::new("file_empty", "the file has no header row")));
            }
            let names: Result<Vec<String>, RowFault> = self.record.fields().map(text_of).collect();
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

    /// Reads the next row into `cells`.
    pub fn next(&mut self, cells: &mut Cells) -> Result<Next, SourceError> {
        cells.reset(self.slots);
        let end = match self.format {
            Format::Csv => csv::next(&mut self.input, self.delimiter, &mut self.record),
            Format::Ndjson => csv::next_line(&mut self.input, &mut self.record),
        };
        let end = match end {
            Ok(Some(end)) => end,
            Ok(None) => return Ok(Next::End),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.number += 1;
                let fault = RowFault::new("file_cut_off", "the gzip stream ends before its end");
                let nothing_more = Counted {
                    file: Box::new(io::empty()),
                    bytes: self.bytes(),
                };
                self.input = BufReader::new(Input::Plain(nothing_more));
                return Ok(Next::Bad(fault));
            }
            Err(error) => return Err(self.failed(error)),
        };
        self.number += 1;
        cells.row_hash = hash(&self.record.raw);
        if self.record.too_long {
            return Ok(Next::Bad(RowFault::new(
                "row_too_long",
                "the row is longer than 64 KiB",
            )));
        }
        let filled = match self.format {
            Format::Csv => self.fill_csv(end, cells),
            Format::Ndjson => self.fill_json(end, cells),
        };
        Ok(filled.map_or_else(Next::Bad, |()| Next::Row))
    }

    fn fill_csv(&self, end: End, cells: &mut Cells) -> Result<(), RowFault> {
        let width = self.record.len();
        if end == End::InsideQuotes {
            return Err(RowFault::new("row_cut_off", "the file ends inside a quoted value"));
        }
        match self.width {
            Some(expected) if width < expected && end == End::File => {
                let message = format!("the file ends inside this row: {width} of {expected} columns");
                return Err(RowFault::new("row_cut_off", message));
            }
            Some(expected) if width != expected => {
                let message = format!("the row has {width} columns, the header {expected}");
                return Err(RowFault::new("columns_differ", message));
            }
            _ if width > COLUMN_LIMIT => return Err(RowFault::new("columns_too_many", "more than 2,048 columns")),
            _ => {}
        }
        let mut wanted = self.by_position.iter().peekable();
        for (position, field) in self.record.fields().enumerate() {
            while let Some((_, slot)) = wanted.next_if(|(place, _)| *place == position) {
                cells.set(*slot, std::str::from_utf8(field).map_err(|_| not_utf8())?);
            }
        }
        Ok(())
    }

    fn fill_json(&self, end: End, cells: &mut Cells) -> Result<(), RowFault> {
        let line = std::str::from_utf8(&self.record.raw).map_err(|_| not_utf8())?;
        let mut tell = |path: &str, value: &str| {
            for slot in self.by_name.get(path).into_iter().flatten() {
                cells.set(*slot, value);
            }
        };
        ndjson::flatten(line, &mut tell).map_err(|fault| match (fault.code, end) {
            ("json_form", End::File) => RowFault::new("row_cut_off", "the file ends inside this row"),
            _ => fault,
        })
    }
}

fn text_of(bytes: &[u8]) -> Result<String, RowFault> {
    std::str::from_utf8(bytes)
        .map(|text| text.trim().to_owned())
        .map_err(|_| not_utf8())
}

fn not_utf8() -> RowFault {
    RowFault::new(
        "not_utf8",
        "not UTF-8; if the file is GBK, convert it first: iconv -f GBK -t UTF-8",
    )
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
