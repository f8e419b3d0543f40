//! One row of a CSV file at a time: quotes, line ends inside quotes, a bound on the length of a row.
//! Must never hold more than one row, however the file is made.

use std::io::{self, BufRead};

use super::source::ROW_LIMIT;

/// How a row ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// With its line end.
    Line,
    /// With the file, without a line end.
    File,
    /// With the file, inside quotes.
    InsideQuotes,
}

/// One row: its fields, unquoted, one after the other.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// All fields, unquoted.
    bytes: Vec<u8>,
    /// Where each field ends in `bytes`.
    ends: Vec<usize>,
    /// The row as it stands in the file, without its line end.
    pub(super) raw: Vec<u8>,
    /// Longer than a row may be: its fields are not complete.
    pub(super) too_long: bool,
    /// How it ended, when it ended in a file of lines.
    pub(super) end: Option<End>,
}

impl Record {
    /// The fields.
    pub(super) fn fields(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| self.bytes.get(start..*end).unwrap_or_default())
    }

    /// How many fields.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.raw.clear();
        self.too_long = false;
        self.end = None;
    }

    fn end_field(&mut self) {
        self.ends.push(self.bytes.len());
    }

    /// Takes a row that is in cells already; as it stands in no file, it is kept as a CSV line.
    pub(super) fn take(&mut self, cells: &[String]) {
        self.clear();
        for (n, cell) in cells.iter().enumerate() {
            self.bytes.extend(cell.bytes());
            self.end_field();
            if n > 0 {
                self.raw.push(b',');
            }
            if cell.contains([',', '"', '\r', '\n']) {
                self.raw.extend(format!("\"{}\"", cell.replace('"', "\"\"")).bytes());
            } else {
                self.raw.extend(cell.bytes());
            }
        }
    }

    fn push(&mut self, byte: u8) {
        if self.raw.len() < ROW_LIMIT {
            self.bytes.push(byte);
        }
    }

    /// Keeps a byte of the row as it stands in the file.
    pub(super) fn keep_raw(&mut self, byte: u8) {
        if self.raw.len() < ROW_LIMIT {
            self.raw.push(byte);
        } else {
            self.too_long = true;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    QuoteInQuoted,
}

/// Reads the next row that is not empty; none at the end of the file.
pub(super) fn next(input: &mut impl BufRead, delimiter: u8, record: &mut Record) -> io::Result<Option<End>> {
    record.clear();
    let mut state = State::FieldStart;
    loop {
        let (used, ended) = {
            let buffer = input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(at_end_of_file(record, state));
            }
            let mut used = 0;
            let mut ended = false;
            for byte in buffer {
                used += 1;
                if *byte == b'\n' && state != State::Quoted {
                    ended = true;
                    break;
                }
                record.keep_raw(*byte);
                state = step(record, state, *byte, delimiter);
            }
            (used, ended)
        };
        input.consume(used);
        if ended {
            if record.raw.last() == Some(&b'\r') {
                record.raw.pop();
            }
            if record.raw.is_empty() {
                record.clear();
                state = State::FieldStart;
                continue;
            }
            if state == State::Plain && record.bytes.last() == Some(&b'\r') {
                record.bytes.pop();
            }
            record.end_field();
            return Ok(Some(End::Line));
        }
    }
}

/// Reads the next line that is not empty, without looking into it; none at the end of the file.
pub(super) fn next_line(input: &mut impl BufRead, record: &mut Record) -> io::Result<Option<End>> {
    record.clear();
    loop {
        let (used, ended) = {
            let buffer = input.fill_buf()?;
            if buffer.is_empty() {
                let end = if record.raw.is_empty() { None } else { Some(End::File) };
                return Ok(end);
            }
            let line = buffer.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let room = ROW_LIMIT.saturating_sub(record.raw.len());
            record.too_long |= line.len() > room;
            record.raw.extend(line.iter().take(room));
            let ended = line.len() < buffer.len();
            (line.len() + usize::from(ended), ended)
        };
        input.consume(used);
        if ended {
            if record.raw.iter().all(u8::is_ascii_whitespace) {
                record.clear();
                continue;
            }
            return Ok(Some(End::Line));
        }
    }
}

fn at_end_of_file(record: &mut Record, state: State) -> Option<End> {
    if record.raw.is_empty() {
        return None;
    }
    record.end_field();
    Some(if state == State::Quoted {
        End::InsideQuotes
    } else {
        End::File
    })
}

fn step(record: &mut Record, state: State, byte: u8, delimiter: u8) -> State {
    match (state, byte) {
        (State::FieldStart, b'"') => State::Quoted,
        (State::Quoted, b'"') => State::QuoteInQuoted,
        (State::QuoteInQuoted, b'"') => {
            record.push(b'"');
            State::Quoted
        }
        (State::Quoted, _) => {
            record.push(byte);
            State::Quoted
        }
        (_, _) if byte == delimiter => {
            record.end_field();
            State::FieldStart
        }
        // Only a line end may follow a closing quote; anything else is kept as written.
        (State::QuoteInQuoted, b'\r') => State::QuoteInQuoted,
        _ => {
            record.push(byte);
            State::Plain
        }
    }
}
