//! The bytes of a file, plain or gzipped, with a look at their beginning and a count of what was read.
//! Must never hold more than that beginning.

use std::fs::File;
use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom, Write};

use flate2::read::MultiGzDecoder;

/// How much of a file is looked at before it is read.
const HEAD: usize = 64 * 1024;
/// Largest workbook: it is laid down in a temporary file, because its directory stands at its end.
const WORKBOOK: u64 = 1024 * 1024 * 1024;

/// The bytes of a file.
pub(super) struct Input {
    head: Cursor<Vec<u8>>,
    /// What stopped the look at the beginning: told when the beginning is used up.
    broken: Option<io::Error>,
    rest: Stream,
}

enum Stream {
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

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(input) => input.read(buffer),
            Stream::Gzip(input) => input.read(buffer),
        }
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.head.read(buffer)?;
        if read > 0 || buffer.is_empty() {
            return Ok(read);
        }
        match self.broken.take() {
            Some(error) => Err(error),
            None => self.rest.read(buffer),
        }
    }
}

impl Input {
    /// Looks at the beginning; a gzipped file is recognised by itself.
    pub(super) fn open(mut file: Box<dyn BufRead + Send>) -> io::Result<Input> {
        let gzipped = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        let counted = Counted { file, bytes: 0 };
        let mut rest = if gzipped {
            Stream::Gzip(Box::new(MultiGzDecoder::new(counted)))
        } else {
            Stream::Plain(counted)
        };
        let mut head = Vec::new();
        let mut part = [0_u8; 8 * 1024];
        let mut broken = None;
        while head.len() < HEAD {
            match rest.read(&mut part) {
                Ok(0) => break,
                Ok(read) => head.extend(part.iter().take(read)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        // A byte order mark is no part of the first column's name.
        if head.starts_with(&[0xef, 0xbb, 0xbf]) {
            head.drain(..3);
        }
        Ok(Input {
            head: Cursor::new(head),
            broken,
            rest,
        })
    }

    /// The beginning.
    pub(super) fn head(&self) -> &[u8] {
        self.head.get_ref()
    }

    /// Bytes of the file itself read so far.
    pub(super) fn progress(&self) -> u64 {
        match &self.rest {
            Stream::Plain(counted) => counted.bytes,
            Stream::Gzip(decoder) => decoder.get_ref().bytes,
        }
    }

    /// Nothing more is read; the count stays.
    pub(super) fn close(&mut self) {
        let bytes = self.progress();
        self.head = Cursor::default();
        self.rest = Stream::Plain(Counted {
            file: Box::new(io::empty()),
            bytes,
        });
    }

    /// Lays everything down in a temporary file without a name; none when it is too large.
    pub(super) fn lay_down(&mut self) -> io::Result<Option<File>> {
        let mut file = tempfile::tempfile()?;
        let bytes = io::copy(&mut self.take(WORKBOOK), &mut file)?;
        file.flush()?;
        file.seek(SeekFrom::Start(0))?;
        Ok((bytes < WORKBOOK).then_some(file))
    }
}
