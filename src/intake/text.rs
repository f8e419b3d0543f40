//! The letters of a file: UTF-8, or GBK with its superset GB18030, decided once for the whole file.
//! Must never mix the two in one file, nor replace a letter that it cannot read: such a row is a fault.

use std::borrow::Cow;

use encoding_rs::GB18030;

use super::emit::RowFault;
use super::mapping::Encoding;

/// Reads the bytes of one file. The first row that is not plain ASCII settles which letters they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letters {
    settled: Encoding,
}

impl Letters {
    pub(super) fn new(stated: Encoding) -> Letters {
        Letters { settled: stated }
    }

    /// Looks at a whole row before its cells are read. `cut`: the row was cut at its bound, perhaps inside a letter.
    pub(super) fn look(&mut self, row: &[u8], cut: bool) {
        if self.settled != Encoding::Auto || row.is_ascii() {
            return;
        }
        match std::str::from_utf8(row) {
            Ok(_) => self.settled = Encoding::Utf8,
            Err(error) if cut && error.error_len().is_none() => self.settled = Encoding::Utf8,
            Err(_) if decode(row).is_some() => self.settled = Encoding::Gbk,
            Err(_) => {}
        }
    }

    /// The text of bytes.
    pub(super) fn read<'a>(&self, bytes: &'a [u8]) -> Result<Cow<'a, str>, RowFault> {
        match self.settled {
            Encoding::Gbk => decode(bytes).ok_or_else(unreadable),
            Encoding::Utf8 | Encoding::Auto => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| unreadable()),
        }
    }

    /// The text of bytes, with a mark for each letter that cannot be read.
    pub(super) fn show<'a>(&self, bytes: &'a [u8]) -> Cow<'a, str> {
        match self.settled {
            Encoding::Gbk => GB18030.decode_without_bom_handling(bytes).0,
            Encoding::Utf8 | Encoding::Auto => String::from_utf8_lossy(bytes),
        }
    }
}

fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    GB18030.decode_without_bom_handling_and_without_replacement(bytes)
}

fn unreadable() -> RowFault {
    RowFault::new(
        "not_utf8",
        "not readable: neither UTF-8 nor, for the whole file, GBK (GB18030)",
    )
}
