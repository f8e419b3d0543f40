//! Fonts of the machine that can print Chinese: the one that FENZHANG_FONT names, else the best of the usual folders.
//! Must never print boxes instead of Chinese: without a font there is no PDF, and the error says which package to install.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use krilla::text::Font;
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

use crate::report::ReportError;

/// Names a font file, with `#n` behind it the n-th font of a collection.
pub const VARIABLE: &str = "FENZHANG_FONT";

/// What a font must be able to print before it is taken.
const NEEDED: &str = "结算单佣金账期壹贰叁元角分整零负";

/// Deepest folder below a folder of fonts.
const DEPTH: usize = 4;

/// Largest font file that is read.
const LARGEST: u64 = 96 * 1024 * 1024;

/// File, number in a collection, and the same for bold, best first.
const KNOWN: &[(&str, u32, Option<&str>)] = &[
    ("NotoSansCJKsc-Regular.otf", 0, Some("NotoSansCJKsc-Bold.otf")),
    ("NotoSansSC-Regular.otf", 0, Some("NotoSansSC-Bold.otf")),
    ("NotoSansSC-Regular.ttf", 0, Some("NotoSansSC-Bold.ttf")),
    ("NotoSansCJK-Regular.ttc", 2, Some("NotoSansCJK-Bold.ttc")),
    ("SourceHanSansSC-Regular.otf", 0, Some("SourceHanSansSC-Bold.otf")),
    ("SourceHanSansCN-Regular.otf", 0, Some("SourceHanSansCN-Bold.otf")),
    ("wqy-microhei.ttc", 0, None),
    ("wqy-zenhei.ttc", 0, None),
    ("msyh.ttc", 0, Some("msyhbd.ttc")),
    ("simhei.ttf", 0, None),
    ("PingFang.ttc", 0, None),
    ("STHeiti Light.ttc", 0, Some("STHeiti Medium.ttc")),
    ("NotoSerifCJK-Regular.ttc", 2, Some("NotoSerifCJK-Bold.ttc")),
    ("simsun.ttc", 0, None),
    ("DroidSansFallbackFull.ttf", 0, None),
    ("DroidSansFallback.ttf", 0, None),
];

/// Fonts for what a Chinese font may lack: Latin letters, currency signs.
const LATIN: &[&str] = &["DejaVuSans.ttf", "LiberationSans-Regular.ttf", "Arial.ttf", "arial.ttf"];

/// One font. Its bytes are kept for the life of the process, once.
pub struct Face {
    font: Font,
    letters: Charmap<'static>,
    widths: GlyphMetrics<'static>,
    units: i64,
}

impl Face {
    fn read(path: &Path, number: u32) -> Option<Face> {
        if path.metadata().ok()?.len() > LARGEST {
            return None;
        }
        let bytes: &'static [u8] = Box::leak(std::fs::read(path).ok()?.into_boxed_slice());
        let reader = FontRef::from_index(bytes, number).ok()?;
        let units = i64::from(reader.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        let font = Font::new(bytes.into(), number)?;
        let letters = reader.charmap();
        let widths = reader.glyph_metrics(Size::unscaled(), LocationRef::default());
        (units > 0).then_some(Face {
            font,
            letters,
            widths,
            units,
        })
    }

    /// The font as the PDF takes it.
    pub fn font(&self) -> Font {
        self.font.clone()
    }

    /// Number of a character's glyph and its width in font units; none when the font has none.
    pub fn glyph(&self, c: char) -> Option<(u32, i64)> {
        let id = self.letters.map(c).filter(|id| id.to_u32() != 0)?;
        let advance = self.widths.advance_width(id)?;
        // Advances are whole font units.
        Some((id.to_u32(), advance as i64))
    }

    /// Font units of an em.
    pub fn units(&self) -> i64 {
        self.units
    }

    fn prints(&self, text: &str) -> bool {
        text.chars().all(|c| self.glyph(c).is_some())
    }
}

/// The fonts a document is set in. A character is taken from the first font that has it.
pub struct Fonts {
    /// For running text.
    pub regular: Vec<Face>,
    /// For headings; the regular ones where there is none.
    pub bold: Vec<Face>,
}

impl Fonts {
    /// The fonts of this process, looked for once.
    pub fn get() -> Result<&'static Fonts, ReportError> {
        static FONTS: OnceLock<Result<Fonts, String>> = OnceLock::new();
        let found = FONTS.get_or_init(|| Fonts::find(std::env::var(VARIABLE).ok().as_deref(), &folders()));
        found.as_ref().map_err(|why| ReportError::FontMissing(why.clone()))
    }

    /// The named font, else the best one below the folders.
    pub fn find(named: Option<&str>, folders: &[PathBuf]) -> Result<Fonts, String> {
        let files = files(folders);
        let latin = || LATIN.iter().find_map(|name| Face::read(files.get(*name)?, 0));
        if let Some(named) = named.filter(|named| !named.is_empty()) {
            let (path, number) = match named.rsplit_once('#') {
                Some((path, number)) if !number.is_empty() => (path, number.parse().unwrap_or(u32::MAX)),
                _ => (named, 0),
            };
            let face = Face::read(Path::new(path), number).filter(|face| face.prints(NEEDED));
            let face = face.ok_or_else(|| format!("{VARIABLE} names no font that prints Chinese: {named}"))?;
            let regular = std::iter::once(face).chain(latin()).collect();
            return Ok(Fonts {
                regular,
                bold: Vec::new(),
            });
        }
        for (name, number, bold) in KNOWN {
            let face = files.get(*name).and_then(|path| Face::read(path, *number));
            let Some(face) = face.filter(|face| face.prints(NEEDED)) else {
                continue;
            };
            let bold = bold.and_then(|bold| Face::read(files.get(bold)?, *number));
            let bold: Vec<Face> = bold.filter(|face| face.prints(NEEDED)).into_iter().collect();
            let regular = std::iter::once(face).chain(latin()).collect();
            return Ok(Fonts { regular, bold });
        }
        Err(format!(
            "no font that prints Chinese was found: install fonts-noto-cjk or fonts-wqy-zenhei (Debian, Ubuntu), or name a \
             font file in {VARIABLE}"
        ))
    }

    /// Faces in the order in which characters are looked for.
    pub fn faces(&self, bold: bool) -> impl Iterator<Item = &Face> {
        let first = if bold { self.bold.as_slice() } else { &[] };
        first.iter().chain(&self.regular)
    }
}

/// The usual folders of fonts.
fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = [
        "/usr/share/fonts",
        "/usr/local/share/fonts",
        "/System/Library/Fonts",
        "/Library/Fonts",
        "C:\\Windows\\Fonts",
    ]
    .map(PathBuf::from)
    .to_vec();
    if let Some(home) = std::env::var_os("HOME") {
        let home = PathBuf::from(home);
        folders.push(home.join(".local/share/fonts"));
        folders.push(home.join(".fonts"));
    }
    folders
}

/// Every file below the folders by its name; the first of a name counts.
fn files(folders: &[PathBuf]) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut waiting: Vec<(PathBuf, usize)> = folders.iter().rev().map(|folder| (folder.clone(), 0)).collect();
    while let Some((folder, depth)) = waiting.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                if depth < DEPTH {
                    waiting.push((path, depth + 1));
                }
            } else if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
                found.entry(name.to_owned()).or_insert(path.clone());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_font_the_error_says_what_to_install() {
        let none = Fonts::find(None, &[]).err().unwrap();
        assert!(none.contains("fonts-noto-cjk") && none.contains(VARIABLE), "{none}");
        let named = Fonts::find(Some("nowhere.ttf#1"), &[]).err().unwrap();
        assert!(named.contains("nowhere.ttf"), "{named}");
    }
}
