//! Rows of a whole JSON document: the elements of the array at a path, one at a time, whatever stands around it.
//! Must never hold more than one element, nor read a number: an element is text until a mapping reads it.
//!
//! A document may follow another one, and arrays on the way to the path do not count: the pages of an answer, one after the
//! other or in a list, are read alike. The path of the document's own array is empty.

use std::io::{self, BufRead};

use super::csv::Record;
use super::emit::RowFault;

/// Deepest nesting around the rows.
const DEPTH: usize = 64;
/// Longest name on the way.
const NAME: usize = 256;

/// What a step gave.
pub(super) enum Step {
    /// An element stands in the record.
    Row,
    /// The document is not of the form, or ends too early: nothing more can be read.
    Broken(RowFault),
    /// Nothing more.
    End,
}

#[derive(Debug)]
enum Frame {
    /// An object, with the name of the member that is being read.
    Object(Option<String>),
    Array,
}

/// Where in the document.
#[derive(Debug, Default)]
pub(super) struct Walk {
    paths: Vec<Vec<String>>,
    stack: Vec<Frame>,
    /// Inside an array of rows.
    inside: bool,
    /// An array of rows was found.
    pub(super) found: bool,
}

fn broken(message: &str) -> RowFault {
    RowFault::new("json_form", message)
}

fn cut_off() -> RowFault {
    RowFault::new("file_cut_off", "the document ends before its end")
}

impl Walk {
    pub(super) fn new(paths: &[String]) -> Walk {
        let parts = |path: &String| match path.is_empty() {
            true => Vec::new(),
            false => path.split('.').map(str::to_owned).collect(),
        };
        Walk {
            paths: paths.iter().map(parts).collect(),
            ..Walk::default()
        }
    }

    /// Goes to the next array of rows; false at the end of the file.
    pub(super) fn seek(&mut self, input: &mut impl BufRead) -> io::Result<Result<bool, RowFault>> {
        while !self.inside {
            match self.token(input)? {
                Ok(true) => {}
                other => return Ok(other),
            }
        }
        Ok(Ok(true))
    }

    /// Reads the next element into the record.
    pub(super) fn next(&mut self, input: &mut impl BufRead, record: &mut Record) -> io::Result<Step> {
        record.clear();
        loop {
            if !self.inside {
                match self.seek(input)? {
                    Ok(true) => {}
                    Ok(false) => return Ok(Step::End),
                    Err(fault) => return Ok(Step::Broken(fault)),
                }
            }
            match peek(input)? {
                None => return Ok(Step::Broken(cut_off())),
                Some(byte) if byte.is_ascii_whitespace() || byte == b',' => input.consume(1),
                Some(b']') => {
                    input.consume(1);
                    self.stack.pop();
                    self.inside = false;
                    self.close();
                }
                Some(_) => {
                    return Ok(match element(input, record)? {
                        Ok(()) => Step::Row,
                        Err(fault) => Step::Broken(fault),
                    });
                }
            }
        }
    }

    /// One token around the rows; false at the end of the file.
    fn token(&mut self, input: &mut impl BufRead) -> io::Result<Result<bool, RowFault>> {
        let Some(byte) = peek(input)? else {
            return Ok(if self.stack.is_empty() {
                Ok(false)
            } else {
                Err(cut_off())
            });
        };
        if byte == b'"' {
            let text = match string(input)? {
                Ok(text) => text,
                Err(fault) => return Ok(Err(fault)),
            };
            match self.stack.last_mut() {
                Some(Frame::Object(name)) if name.is_none() => *name = Some(text),
                _ => self.close(),
            }
            return Ok(Ok(true));
        }
        input.consume(1);
        match byte {
            b'{' | b'[' if self.stack.len() >= DEPTH => return Ok(Err(broken("nested deeper than 64 levels"))),
            b'{' => self.stack.push(Frame::Object(None)),
            b'[' => {
                self.inside = self.at_rows();
                self.found |= self.inside;
                self.stack.push(Frame::Array);
            }
            b'}' => match self.stack.pop() {
                Some(Frame::Object(_)) => self.close(),
                _ => return Ok(Err(broken("a brace that closes nothing"))),
            },
            b']' => match self.stack.pop() {
                Some(Frame::Array) => self.close(),
                _ => return Ok(Err(broken("a bracket that closes nothing"))),
            },
            b',' => self.close(),
            _ => {}
        }
        Ok(Ok(true))
    }

    /// A value has ended: the next text in its object is a name again.
    fn close(&mut self) {
        if let Some(Frame::Object(name)) = self.stack.last_mut() {
            *name = None;
        }
    }

    fn at_rows(&self) -> bool {
        let names: Vec<&str> = self
            .stack
            .iter()
            .filter_map(|frame| match frame {
                Frame::Object(name) => Some(name.as_deref().unwrap_or("")),
                Frame::Array => None,
            })
            .collect();
        self.paths.iter().any(|path| *path == names)
    }
}

fn peek(input: &mut impl BufRead) -> io::Result<Option<u8>> {
    Ok(input.fill_buf()?.first().copied())
}

/// A text with its quotes, up to the length of a name; a longer one is read over.
fn string(input: &mut impl BufRead) -> io::Result<Result<String, RowFault>> {
    let mut raw = Vec::new();
    let mut escaped = false;
    loop {
        let Some(byte) = peek(input)? else {
            return Ok(Err(cut_off()));
        };
        input.consume(1);
        if raw.len() < NAME {
            raw.push(byte);
        }
        let first = raw.len() == 1;
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' if !first => break,
            _ => {}
        }
    }
    // A text that is longer than a name, or none, is a name that no path has.
    Ok(Ok(serde_json::from_slice(&raw).unwrap_or_default()))
}

/// The text of one element, balanced.
fn element(input: &mut impl BufRead, record: &mut Record) -> io::Result<Result<(), RowFault>> {
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    loop {
        let Some(byte) = peek(input)? else {
            return Ok(Err(cut_off()));
        };
        if !quoted && depth == 0 && matches!(byte, b',' | b']') {
            return Ok(Ok(()));
        }
        input.consume(1);
        record.keep_raw(byte);
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' => match depth.checked_sub(1) {
                Some(left) => depth = left,
                None => return Ok(Err(broken("a brace that closes nothing"))),
            },
            _ => {}
        }
        if depth == 0 && !quoted && matches!(byte, b'}' | b']' | b'"') {
            return Ok(Ok(()));
        }
    }
}
