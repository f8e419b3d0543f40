//! Pages of a PDF in whole twentieths of a point, the origin at the top left: text, lines and boxes.
//! Must never compute with floating-point numbers but where the PDF writer asks for a glyph's width: no amount passes there.

use std::ops::Range;

use krilla::Document;
use krilla::SerializeSettings;
use krilla::color::luma;
use krilla::geom::{PathBuilder, Point, Rect, Transform};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::{Location, Surface};
use krilla::text::{Glyph, GlyphId};

use super::font::{Face, Fonts};
use crate::report::ReportError;

/// A4, upright: width and height.
pub const A4: (i64, i64) = (11_906, 16_838);

/// Units of a point.
pub const POINT: i64 = 20;

/// Stands for a character that no font has.
const UNKNOWN: char = '□';

/// What is drawn.
enum Mark {
    Text {
        x: i64,
        y: i64,
        size: i64,
        bold: bool,
        grey: u8,
        text: String,
    },
    Line {
        from: (i64, i64),
        to: (i64, i64),
        width: i64,
        grey: u8,
    },
    Box {
        corner: (i64, i64),
        size: (i64, i64),
        grey: u8,
    },
}

/// What stands on one page.
#[derive(Default)]
pub struct Sheet {
    marks: Vec<Mark>,
}

impl Sheet {
    /// Text on a base line.
    pub fn text(&mut self, (x, y): (i64, i64), size: i64, bold: bool, text: impl Into<String>) {
        self.tinted((x, y), size, bold, 0, text);
    }

    /// Text in grey: 0 is black, 255 white.
    pub fn tinted(&mut self, (x, y): (i64, i64), size: i64, bold: bool, grey: u8, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.marks.push(Mark::Text {
                x,
                y,
                size,
                bold,
                grey,
                text,
            });
        }
    }

    /// A straight line.
    pub fn line(&mut self, from: (i64, i64), to: (i64, i64), width: i64, grey: u8) {
        self.marks.push(Mark::Line { from, to, width, grey });
    }

    /// A filled box.
    pub fn fill(&mut self, corner: (i64, i64), size: (i64, i64), grey: u8) {
        self.marks.push(Mark::Box { corner, size, grey });
    }

    /// The outline of a box.
    pub fn frame(&mut self, (x, y): (i64, i64), (width, height): (i64, i64), line: i64, grey: u8) {
        let corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)];
        for (at, corner) in corners.iter().enumerate() {
            let next = corners.get((at + 1) % 4).copied().unwrap_or((x, y));
            self.line(*corner, next, line, grey);
        }
    }
}

/// A glyph with its width in font units and the font units of an em.
#[derive(Clone)]
struct Placed {
    id: u32,
    advance: i64,
    units: i64,
    bytes: Range<usize>,
}

impl Glyph for Placed {
    fn glyph_id(&self) -> GlyphId {
        GlyphId::new(self.id)
    }
    fn text_range(&self) -> Range<usize> {
        self.bytes.clone()
    }
    /// The font's own width: the writer then needs no correction between glyphs.
    #[allow(clippy::float_arithmetic)]
    fn x_advance(&self, size: f32) -> f32 {
        real(self.advance) / real(self.units) * size
    }
    fn x_offset(&self, _: f32) -> f32 {
        0.0
    }
    fn y_offset(&self, _: f32) -> f32 {
        0.0
    }
    fn y_advance(&self, _: f32) -> f32 {
        0.0
    }
    fn location(&self) -> Option<Location> {
        None
    }
}

/// A whole number as the PDF writer takes it; everything on a page is far below what it holds exactly.
fn real(units: i64) -> f32 {
    units as f32
}

fn tint(grey: u8) -> krilla::paint::Paint {
    luma::Color::new(grey).into()
}

/// Stretches of a text that one font has, with their glyphs.
struct Run<'a> {
    face: &'a Face,
    text: String,
    glyphs: Vec<Placed>,
    width: i64,
}

fn runs<'a>(fonts: &'a Fonts, text: &str, size: i64, bold: bool) -> Vec<Run<'a>> {
    let mut runs: Vec<Run<'a>> = Vec::new();
    for c in text.chars() {
        let glyph = |c: char| {
            let mut faces = fonts.faces(bold);
            faces.find_map(|face| face.glyph(c).map(|(id, advance)| (face, id, advance, c)))
        };
        let Some((face, id, advance, c)) = glyph(c).or_else(|| glyph(UNKNOWN)).or_else(|| glyph('?')) else {
            continue;
        };
        let same = runs.last().is_some_and(|run| std::ptr::eq(run.face, face));
        if !same {
            runs.push(Run {
                face,
                text: String::new(),
                glyphs: Vec::new(),
                width: 0,
            });
        }
        if let Some(run) = runs.last_mut() {
            let start = run.text.len();
            run.text.push(c);
            let units = face.units();
            run.width += (advance * size + units / 2) / units;
            run.glyphs.push(Placed {
                id,
                advance,
                units,
                bytes: start..run.text.len(),
            });
        }
    }
    runs
}

/// How wide a text is.
pub fn width(fonts: &Fonts, text: &str, size: i64, bold: bool) -> i64 {
    runs(fonts, text, size, bold).iter().map(|run| run.width).sum()
}

/// A text broken into lines that are no wider than a width: at blanks, else anywhere.
pub fn wrapped(fonts: &Fonts, text: &str, size: i64, bold: bool, room: i64) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let step = width(fonts, c.encode_utf8(&mut [0; 4]), size, bold);
        if used + step > room && used > 0 {
            let line = lines.last_mut().map(std::mem::take).unwrap_or_default();
            // A word of Latin letters goes on the next line whole, if it began on this one.
            let cut = line.rfind(' ').filter(|at| c.is_ascii_alphanumeric() && *at > 0);
            let (kept, moved) = cut.map_or((line.as_str(), ""), |at| {
                (line.get(..at).unwrap_or(""), line.get(at + 1..).unwrap_or(""))
            });
            let (kept, moved) = (kept.to_owned(), moved.to_owned());
            used = width(fonts, &moved, size, bold);
            if let Some(last) = lines.last_mut() {
                *last = kept;
            }
            lines.push(moved);
        }
        if let Some(last) = lines.last_mut() {
            last.push(c);
        }
        used += step;
    }
    lines
}

/// A text that fits a width: as it is, smaller (by a third at most), or cut with a mark that says so.
pub fn fitted(fonts: &Fonts, text: &str, size: i64, bold: bool, room: i64) -> (String, i64) {
    let wide = width(fonts, text, size, bold);
    if wide <= room {
        return (text.to_owned(), size);
    }
    let smaller = (size * room / wide.max(1)).max(size * 2 / 3);
    if width(fonts, text, smaller, bold) <= room {
        return (text.to_owned(), smaller);
    }
    let mut cut = text.to_owned();
    while cut.pop().is_some() && width(fonts, &format!("{cut}…"), smaller, bold) > room {}
    (format!("{cut}…"), smaller)
}

/// Puts the pages together. Equal pages give equal bytes: nothing in the file says when it was made.
pub fn pdf(fonts: &Fonts, title: &str, pages: &[Sheet]) -> Result<Vec<u8>, ReportError> {
    let mut document = Document::new_with(SerializeSettings {
        enable_tagging: false,
        ..SerializeSettings::default()
    });
    document.set_metadata(
        Metadata::new()
            .title(title.to_owned())
            .language("zh-CN".to_owned())
            .creator("Fenzhang 分账".to_owned()),
    );
    let broken = || ReportError::Pdf("a page has no size".to_owned());
    // The page is in points, what is drawn on it in twentieths.
    let settings = PageSettings::from_wh(595.3, 841.9).ok_or_else(broken)?;
    for sheet in pages {
        let mut page = document.start_page_with(settings.clone());
        let mut surface = page.surface();
        surface.push_transform(&Transform::from_scale(0.05, 0.05));
        sheet.marks.iter().for_each(|mark| draw(fonts, mark, &mut surface));
        surface.pop();
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| ReportError::Pdf(error.to_string()))
}

fn draw(fonts: &Fonts, mark: &Mark, surface: &mut Surface<'_>) {
    match mark {
        Mark::Text {
            x,
            y,
            size,
            bold,
            grey,
            text,
        } => {
            surface.set_stroke(None);
            surface.set_fill(Some(Fill {
                paint: tint(*grey),
                opacity: NormalizedF32::ONE,
                ..Fill::default()
            }));
            let mut x = *x;
            for run in runs(fonts, text, *size, *bold) {
                let start = Point::from_xy(real(x), real(*y));
                surface.draw_glyphs(start, &run.glyphs, run.face.font(), &run.text, real(*size), false);
                x += run.width;
            }
        }
        Mark::Line { from, to, width, grey } => {
            let mut path = PathBuilder::new();
            path.move_to(real(from.0), real(from.1));
            path.line_to(real(to.0), real(to.1));
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke {
                paint: tint(*grey),
                width: real(*width),
                ..Stroke::default()
            }));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Mark::Box { corner, size, grey } => {
            let mut path = PathBuilder::new();
            if let Some(rect) = Rect::from_xywh(real(corner.0), real(corner.1), real(size.0), real(size.1)) {
                path.push_rect(rect);
            }
            surface.set_stroke(None);
            surface.set_fill(Some(Fill {
                paint: tint(*grey),
                ..Fill::default()
            }));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
    }
}
