//! How far a workbook unfolds, looked at before it is read: an XLSX file is a zip archive, and a small one can unfold to
//! more than a machine has.
//! Must never hold a part: each is unfolded once, counted, and forgotten.
//!
//! Sheets are read as a stream, so they may be long; every other part is held as a whole by the reader of workbooks, and so
//! is every single piece of markup. What is declared in the archive is not believed, only what comes out.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use zip::ZipArchive;

use super::emit::RowFault;

/// What a workbook may unfold to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Up to here nothing is said about how tightly it was packed.
    pub small: u64,
    /// Beyond, at most so many times the bytes of the file.
    pub ratio: u64,
    /// Bytes of a part that is held as a whole.
    pub held: u64,
    /// Pieces of markup of such a part.
    pub pieces: u64,
    /// Bytes of one piece of markup or text.
    pub piece: u64,
    /// Parts.
    pub parts: usize,
}

impl Limits {
    /// Far beyond what spreadsheet programs write, and bounded.
    pub(super) const USUAL: Limits = Limits {
        small: 64 * 1024 * 1024,
        ratio: 100,
        held: 256 * 1024 * 1024,
        pieces: 16 * 1024 * 1024,
        piece: 1024 * 1024,
        parts: 10_000,
    };
}

/// Looks at every part of a workbook; the file stands at its beginning again afterwards.
pub(super) fn check(file: &mut File, limits: Limits) -> Result<(), RowFault> {
    let form = |error: &dyn std::fmt::Display| RowFault::new("xlsx_form", format!("not a readable workbook: {error}"));
    let packed = file.seek(SeekFrom::End(0)).map_err(|error| form(&error))?;
    file.rewind().map_err(|error| form(&error))?;
    let mut archive = ZipArchive::new(BufReader::new(&mut *file)).map_err(|error| form(&error))?;
    if archive.len() > limits.parts {
        return Err(too_large(format!("it has {} parts", archive.len())));
    }
    let most = limits.small.max(packed.saturating_mul(limits.ratio));
    let mut total = 0_u64;
    let mut buffer = vec![0_u8; 64 * 1024];
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(|error| form(&error))?;
        let name = part.name().map_err(|error| form(&error))?.into_owned();
        let held = !name.contains("worksheets/");
        let (mut bytes, mut markup) = (0_u64, Markup::default());
        loop {
            let read = part.read(&mut buffer).map_err(|error| form(&error))?;
            if read == 0 {
                break;
            }
            bytes = bytes.saturating_add(read as u64);
            total = total.saturating_add(read as u64);
            if total > most {
                let message = format!("{packed} bytes unfold to more than {most}");
                return Err(too_large(message));
            }
            if held && bytes > limits.held {
                return Err(too_large(format!(
                    "its part {name} unfolds to more than {} bytes",
                    limits.held
                )));
            }
            // Pictures and other parts that are no markup are not read.
            if !name.ends_with(".xml") && !name.ends_with(".rels") {
                continue;
            }
            markup.look(buffer.get(..read).unwrap_or_default());
            if markup.longest > limits.piece || (held && markup.pieces > limits.pieces) {
                return Err(too_large(format!(
                    "its part {name} has longer or more pieces than a spreadsheet writes"
                )));
            }
        }
    }
    drop(archive);
    file.rewind().map_err(|error| form(&error))
}

fn too_large(what: String) -> RowFault {
    let message = format!("this workbook is refused: {what}; open it and save it anew, or export the sheet as CSV");
    RowFault::new("workbook_unfolds", message)
}

/// Where in a piece of markup the next byte stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Within {
    #[default]
    Text,
    /// Right after `<`.
    Opened,
    Tag,
    /// In a quoted value of a tag.
    Quoted(u8),
    /// In a comment, CDATA or instruction, which end each in their own way.
    Other,
}

/// Counts pieces of markup, and the bytes of the longest.
#[derive(Debug, Default)]
struct Markup {
    within: Within,
    /// The last bytes of the piece.
    tail: [u8; 3],
    /// How a piece that is no tag ends.
    kind: Option<&'static [u8]>,
    length: u64,
    pieces: u64,
    longest: u64,
}

impl Markup {
    fn look(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
    }

    fn byte(&mut self, byte: u8) {
        self.length += 1;
        self.longest = self.longest.max(self.length);
        self.tail = [self.tail[1], self.tail[2], byte];
        self.within = match (self.within, byte) {
            (Within::Text, b'<') => {
                self.pieces += 1;
                self.length = 0;
                Within::Opened
            }
            (Within::Text, _) => Within::Text,
            (Within::Opened, b'!') => {
                self.kind = None;
                Within::Other
            }
            (Within::Opened, b'?') => {
                self.kind = Some(b"?>");
                Within::Other
            }
            (Within::Opened | Within::Tag, b'>') => {
                self.length = 0;
                Within::Text
            }
            (Within::Opened | Within::Tag, quote @ (b'"' | b'\'')) => Within::Quoted(quote),
            (Within::Opened | Within::Tag, _) => Within::Tag,
            (Within::Quoted(quote), byte) if byte == quote => Within::Tag,
            (Within::Quoted(quote), _) => Within::Quoted(quote),
            (Within::Other, byte) => self.other(byte),
        };
    }

    /// A comment ends with `-->`, CDATA with `]]>`, an instruction with `?>`; none of them with its own beginning.
    fn other(&mut self, byte: u8) -> Within {
        let kind = *self.kind.get_or_insert(match byte {
            b'-' => b"-->",
            b'[' => b"]]>",
            // A document type, which may hold further markup, and which no spreadsheet has.
            _ => b"",
        });
        let least = match kind {
            b"" => {
                self.longest = u64::MAX;
                return Within::Other;
            }
            b"?>" => 3,
            _ => 6,
        };
        if self.tail.ends_with(kind) && self.length >= least {
            self.length = 0;
            return Within::Text;
        }
        Within::Other
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Seek, Write};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// An archive of parts, each a beginning and a filling repeated.
    fn archive(parts: &[(&str, &str, &str, usize)]) -> File {
        let mut zip = ZipWriter::new(tempfile::tempfile().unwrap());
        for (name, begin, filling, times) in parts {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(begin.as_bytes()).unwrap();
            let many = filling.repeat(1_000);
            for _ in 0..times / 1_000 {
                zip.write_all(many.as_bytes()).unwrap();
            }
            zip.write_all(filling.repeat(times % 1_000).as_bytes()).unwrap();
        }
        zip.finish().unwrap()
    }

    const SMALL: Limits = Limits {
        small: 1_000_000,
        ratio: 100,
        held: 200_000,
        pieces: 1_000,
        piece: 10_000,
        parts: 5,
    };

    fn code(parts: &[(&str, &str, &str, usize)]) -> Option<&'static str> {
        check(&mut archive(parts), SMALL).err().map(|fault| fault.code)
    }

    #[test]
    fn a_bomb_is_refused_by_what_comes_out_of_it() {
        let refused = Some("workbook_unfolds");
        let sheet = "xl/worksheets/sheet1.xml";
        let row = "<row r=\"1\"><c><v>1</v></c></row>";
        assert_eq!(code(&[(sheet, "<x>", row, 30_000)]), None, "small");
        assert_eq!(code(&[(sheet, "<x>", row, 40_000)]), refused, "a ratio");
        assert_eq!(
            code(&[("xl/sharedStrings.xml", "<x>", row, 10_000)]),
            refused,
            "a part that is held"
        );
        assert_eq!(
            code(&[("xl/sharedStrings.xml", "<x>", "<si/>", 2_000)]),
            refused,
            "pieces"
        );
        assert_eq!(code(&[(sheet, "<x>", "a", 20_000)]), refused, "one text");
        assert_eq!(code(&[(sheet, "<x a=\"", "><", 9_000)]), refused, "one value");
        assert_eq!(code(&[(sheet, "<!--", "<>-", 9_000)]), refused, "one comment");
        assert_eq!(code(&[(sheet, "<![CDATA[", "<>]", 9_000)]), refused, "one CDATA");
        assert_eq!(code(&[(sheet, "<!-->", row, 9_000)]), refused, "an open comment");
        assert_eq!(code(&[(sheet, "<!----><?a>?><![CDATA[>]]><!--x-->", row, 9_000)]), None);
        assert_eq!(code(&[(sheet, "<!DOCTYPE x []>", row, 9)]), refused, "a document type");
        let many = [("a.xml", "", "", 0), ("b.xml", "", "", 0), ("c.xml", "", "", 0)];
        let more = [("d.xml", "", "", 0), ("e.xml", "", "", 0), ("f.xml", "", "", 0)];
        assert_eq!(code(&[many, more].concat()), refused, "parts");
    }

    #[test]
    fn what_is_no_archive_is_said_to_be_none_and_a_good_one_is_read_from_its_beginning() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"PK\x03\x04 and nothing more").unwrap();
        assert_eq!(check(&mut file, Limits::USUAL).unwrap_err().code, "xlsx_form");
        let mut good = archive(&[("xl/workbook.xml", "<x/>", "", 0)]);
        check(&mut good, Limits::USUAL).unwrap();
        assert_eq!(good.stream_position().unwrap(), 0);
    }
}
