//! A sheet on paper: title, both companies, facts, a table of amounts, the amount in words, seal boxes, and an annex of lines
//! whose heading is repeated on every page.
//! Must never know what the amounts mean, and must never leave a seal box or a heading alone at the end of a page.

use super::canvas::{A4, POINT, Sheet, fitted, pdf, width, wrapped};
use super::font::Fonts;
use crate::report::ReportError;

/// Lines an annex prints. Whoever needs more takes the CSV or the workbook of the same sheet: the annex says so.
pub const ANNEX_LINES: usize = 5_000;

/// One of the two companies.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Side {
    /// 甲方 or 乙方.
    pub label: String,
    /// Its name.
    pub name: String,
    /// Its numbers.
    pub numbers: String,
}

/// One row of the table of amounts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Amount {
    /// What it is.
    pub label: String,
    /// How it came about.
    pub note: String,
    /// In figures.
    pub figure: String,
    /// A sum of the rows above.
    pub strong: bool,
}

/// One column of the annex.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its heading.
    pub head: &'static str,
    /// Its share of the width, in hundredths.
    pub share: i64,
    /// Figures stand at the right.
    pub right: bool,
}

/// The lines behind the amounts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Annex {
    /// Its title.
    pub title: String,
    /// Its columns; their shares sum to a hundred.
    pub columns: Vec<Column>,
    /// Its lines, each as long as `columns`.
    pub rows: Vec<Vec<String>>,
    /// Lines that are not printed.
    pub left_out: u64,
}

/// What is printed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Paper {
    /// In Chinese.
    pub title: String,
    /// The same in English.
    pub subtitle: String,
    /// Its number.
    pub number: String,
    /// Across the head, when it is not final.
    pub mark: Option<String>,
    /// Both companies.
    pub sides: Vec<Side>,
    /// Period, position, digest and the like.
    pub facts: Vec<(String, String)>,
    /// Heading of the amounts: what, note, figure.
    pub heads: [String; 3],
    /// Amounts.
    pub amounts: Vec<Amount>,
    /// The amount in words, with what it says before it.
    pub words: Option<(String, String)>,
    /// Sentences below.
    pub notes: Vec<String>,
    /// Boxes for seals.
    pub seals: Vec<String>,
    /// Lines.
    pub annex: Option<Annex>,
    /// At the foot of every page.
    pub foot: String,
}

const MARGIN: i64 = 1_000;
const WIDTH: i64 = A4.0 - 2 * MARGIN;
const FOOT: i64 = A4.1 - 1_150;
const BODY: i64 = 9 * POINT + 10;
const SMALL: i64 = 7 * POINT + 10;
const ROW: i64 = 21 * POINT;
const LINE: i64 = 14 * POINT;
const SEAL: i64 = 116 * POINT;
const PAD: i64 = 80;
const SHADE: u8 = 238;
const RULE: u8 = 150;

impl Paper {
    /// Sets the paper and gives the file.
    pub fn print(&self, fonts: &Fonts) -> Result<Vec<u8>, ReportError> {
        let mut press = Press {
            fonts,
            paper: self,
            pages: vec![Sheet::default()],
            y: MARGIN,
        };
        press.head();
        press.sides();
        press.facts();
        press.amounts();
        press.words_and_notes();
        press.seals();
        if let Some(annex) = &self.annex {
            press.annex(annex);
        }
        press.feet();
        let title = format!("{} {}", self.title, self.number);
        pdf(fonts, &title, &press.pages)
    }
}

/// Prints a paper with the fonts of this machine. Setting a long annex takes a while: not on a thread that serves others.
pub async fn printed(paper: Paper) -> Result<Vec<u8>, ReportError> {
    let fonts = Fonts::get()?;
    let printed = tokio::task::spawn_blocking(move || paper.print(fonts));
    printed
        .await
        .map_err(|_| ReportError::Pdf("it was broken off".to_owned()))?
}

struct Press<'a> {
    fonts: &'a Fonts,
    paper: &'a Paper,
    pages: Vec<Sheet>,
    y: i64,
}

impl Press<'_> {
    fn page(&mut self) -> &mut Sheet {
        if self.pages.is_empty() {
            self.pages.push(Sheet::default());
        }
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    /// Goes on a new page, under a line that says which paper it is.
    fn turn(&mut self) {
        self.pages.push(Sheet::default());
        let paper = self.paper;
        let party = paper.sides.last().map(|side| side.name.clone()).unwrap_or_default();
        let left = format!("{} {}", paper.title, paper.number);
        let (left, size) = fitted(self.fonts, &left, SMALL, false, WIDTH * 6 / 10);
        self.page().tinted((MARGIN, MARGIN), size, false, 90, left);
        self.right(MARGIN + WIDTH, MARGIN, SMALL, false, 90, &party, WIDTH * 4 / 10 - PAD);
        self.page()
            .line((MARGIN, MARGIN + 80), (MARGIN + WIDTH, MARGIN + 80), 8, RULE);
        self.y = MARGIN + 260;
    }

    /// Turns the page unless so much room is left.
    fn need(&mut self, room: i64) {
        if self.y + room > FOOT - 200 {
            self.turn();
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn right(&mut self, x: i64, y: i64, size: i64, bold: bool, grey: u8, text: &str, room: i64) {
        let (text, size) = fitted(self.fonts, text, size, bold, room);
        let x = x - width(self.fonts, &text, size, bold);
        self.page().tinted((x, y), size, bold, grey, text);
    }

    fn left(&mut self, x: i64, y: i64, size: i64, bold: bool, text: &str, room: i64) {
        let (text, size) = fitted(self.fonts, text, size, bold, room);
        self.page().text((x, y), size, bold, text);
    }

    fn centred(&mut self, y: i64, size: i64, bold: bool, grey: u8, text: &str) {
        let (text, size) = fitted(self.fonts, text, size, bold, WIDTH);
        let x = MARGIN + (WIDTH - width(self.fonts, &text, size, bold)) / 2;
        self.page().tinted((x, y), size, bold, grey, text);
    }

    fn head(&mut self) {
        let paper = self.paper;
        self.y += 20 * POINT;
        let y = self.y;
        self.centred(y, 20 * POINT, true, 0, &paper.title);
        self.centred(y + 15 * POINT, 9 * POINT, false, 110, &paper.subtitle);
        if let Some(mark) = &paper.mark {
            let wide = width(self.fonts, mark, 11 * POINT, true) + 2 * PAD;
            let x = MARGIN + WIDTH - wide;
            self.page().frame((x, y - 13 * POINT), (wide, 18 * POINT), 20, 90);
            self.page().tinted((x + PAD, y), 11 * POINT, true, 90, mark);
        }
        self.y += 34 * POINT;
    }

    /// Both companies side by side, each in its box.
    fn sides(&mut self) {
        let paper = self.paper;
        let count = i64::try_from(paper.sides.len()).unwrap_or(1).max(1);
        let gap = 160;
        let wide = (WIDTH - gap * (count - 1)) / count;
        let room = wide - 2 * PAD;
        let names: Vec<Vec<String>> = paper
            .sides
            .iter()
            .map(|side| wrapped(self.fonts, &side.name, 11 * POINT, true, room))
            .collect();
        let lines = names.iter().map(Vec::len).max().unwrap_or(1).clamp(1, 4);
        let height = 36 * POINT + i64::try_from(lines).unwrap_or(1) * 15 * POINT;
        let y = self.y;
        for ((at, side), name) in (0..).zip(&paper.sides).zip(&names) {
            let x = MARGIN + at * (wide + gap);
            self.page().frame((x, y), (wide, height), 10, RULE);
            self.page()
                .tinted((x + PAD, y + 14 * POINT), SMALL, false, 90, side.label.as_str());
            for (line, text) in (0..).zip(name.iter().take(4)) {
                self.page()
                    .text((x + PAD, y + (30 + 15 * line) * POINT), 11 * POINT, true, text.as_str());
            }
            let (numbers, size) = fitted(self.fonts, &side.numbers, SMALL, false, room);
            self.page()
                .tinted((x + PAD, y + height - 6 * POINT), size, false, 90, numbers);
        }
        self.y += height + 10 * POINT;
    }

    /// Facts in two columns; what is long takes both.
    fn facts(&mut self) {
        let paper = self.paper;
        let half = WIDTH / 2;
        let mut column = 0;
        for (label, value) in &paper.facts {
            let label = format!("{label}：");
            let indent = width(self.fonts, &label, BODY, false);
            let long = indent + width(self.fonts, value, BODY, false) > half - PAD;
            if long && column == 1 {
                column = 0;
                self.y += LINE;
            }
            let (x, y) = (MARGIN + column * half, self.y + 10 * POINT);
            let room = if long { WIDTH } else { half - PAD } - indent;
            self.page().tinted((x, y), BODY, false, 90, label);
            self.left(x + indent, y, BODY, false, value, room);
            if long || column == 1 {
                column = 0;
                self.y += LINE;
            } else {
                column = 1;
            }
        }
        if column == 1 {
            self.y += LINE;
        }
        self.y += 10 * POINT;
    }

    fn amounts_head(&mut self) {
        let paper = self.paper;
        let y = self.y;
        self.page().fill((MARGIN, y), (WIDTH, ROW), SHADE);
        let base = y + 14 * POINT;
        let [what, note, figure] = &paper.heads;
        self.left(MARGIN + PAD, base, BODY, true, what, WIDTH * 3 / 10 - 2 * PAD);
        self.left(MARGIN + WIDTH * 3 / 10, base, BODY, true, note, WIDTH * 45 / 100 - PAD);
        self.right(MARGIN + WIDTH - PAD, base, BODY, true, 0, figure, WIDTH / 4 - PAD);
        self.page().line((MARGIN, y), (MARGIN + WIDTH, y), 16, 60);
        self.page().line((MARGIN, y + ROW), (MARGIN + WIDTH, y + ROW), 8, RULE);
        self.y += ROW;
    }

    fn amounts(&mut self) {
        let paper = self.paper;
        self.need(3 * ROW);
        self.amounts_head();
        for row in &paper.amounts {
            if self.y + ROW > FOOT - 200 {
                self.turn();
                self.amounts_head();
            }
            let (y, base) = (self.y, self.y + 14 * POINT);
            if row.strong {
                self.page().fill((MARGIN, y), (WIDTH, ROW), 247);
            }
            self.left(
                MARGIN + PAD,
                base,
                BODY,
                row.strong,
                &row.label,
                WIDTH * 3 / 10 - 2 * PAD,
            );
            self.left(
                MARGIN + WIDTH * 3 / 10,
                base,
                SMALL,
                false,
                &row.note,
                WIDTH * 45 / 100 - PAD,
            );
            self.right(
                MARGIN + WIDTH - PAD,
                base,
                BODY,
                row.strong,
                0,
                &row.figure,
                WIDTH / 4 - PAD,
            );
            self.page().line((MARGIN, y + ROW), (MARGIN + WIDTH, y + ROW), 8, 205);
            self.y += ROW;
        }
        let y = self.y;
        self.page().line((MARGIN, y), (MARGIN + WIDTH, y), 16, 60);
        self.y += 4 * POINT;
    }

    fn words_and_notes(&mut self) {
        let paper = self.paper;
        if let Some((label, words)) = &paper.words {
            let indent = width(self.fonts, label, BODY, true);
            let lines = wrapped(self.fonts, words, 11 * POINT, true, WIDTH - indent - 2 * PAD);
            self.need(i64::try_from(lines.len()).unwrap_or(1) * 17 * POINT + ROW);
            self.y += 15 * POINT;
            let y = self.y;
            self.page().text((MARGIN + PAD, y), BODY, true, label.as_str());
            for line in lines {
                let y = self.y;
                self.page().text((MARGIN + PAD + indent, y), 11 * POINT, true, line);
                self.y += 17 * POINT;
            }
        }
        self.y += 4 * POINT;
        for note in &paper.notes {
            for line in wrapped(self.fonts, note, SMALL + 10, false, WIDTH - 2 * PAD) {
                self.need(LINE);
                self.y += 12 * POINT;
                let y = self.y;
                self.page().tinted((MARGIN + PAD, y), SMALL + 10, false, 70, line);
            }
        }
        self.y += 14 * POINT;
    }

    fn seals(&mut self) {
        let paper = self.paper;
        if paper.seals.is_empty() {
            return;
        }
        self.need(SEAL);
        let count = i64::try_from(paper.seals.len()).unwrap_or(1);
        let gap = 160;
        let wide = (WIDTH - gap * (count - 1)) / count;
        let y = self.y;
        for (at, label) in (0..).zip(&paper.seals) {
            let x = MARGIN + at * (wide + gap);
            self.page().frame((x, y), (wide, SEAL), 10, RULE);
            self.left(x + PAD, y + 16 * POINT, BODY, true, label, wide - 2 * PAD);
            let base = y + SEAL - 28 * POINT;
            self.page().text((x + PAD, base), BODY, false, "授权代表签字：");
            self.page().text(
                (x + PAD, base + 18 * POINT),
                BODY,
                false,
                "日期：          年      月      日",
            );
        }
        self.y += SEAL + 10 * POINT;
    }

    fn annex_head(&mut self, columns: &[Column]) {
        let height = 17 * POINT;
        let y = self.y;
        self.page().fill((MARGIN, y), (WIDTH, height), SHADE);
        let mut x = MARGIN;
        for column in columns {
            let wide = WIDTH * column.share / 100;
            self.cell((x, y + 11 * POINT), wide, column.right, true, column.head);
            x += wide;
        }
        self.page().line((MARGIN, y), (MARGIN + WIDTH, y), 12, 60);
        self.y += height;
    }

    fn cell(&mut self, (x, y): (i64, i64), wide: i64, right: bool, bold: bool, text: &str) {
        let room = wide - 80;
        if right {
            self.right(x + wide - 40, y, SMALL, bold, 0, text, room);
        } else {
            self.left(x + 40, y, SMALL, bold, text, room);
        }
    }

    fn annex(&mut self, annex: &Annex) {
        let height = 13 * POINT;
        self.turn();
        let y = self.y + 12 * POINT;
        self.left(MARGIN, y, 12 * POINT, true, &annex.title, WIDTH);
        self.y += 22 * POINT;
        self.annex_head(&annex.columns);
        for row in &annex.rows {
            if self.y + height > FOOT - 200 {
                self.turn();
                self.annex_head(&annex.columns);
            }
            let (mut x, y) = (MARGIN, self.y);
            for (column, text) in annex.columns.iter().zip(row) {
                let wide = WIDTH * column.share / 100;
                self.cell((x, y + 9 * POINT), wide, column.right, false, text);
                x += wide;
            }
            self.page()
                .line((MARGIN, y + height), (MARGIN + WIDTH, y + height), 4, 215);
            self.y += height;
        }
        if annex.rows.is_empty() {
            let y = self.y + 12 * POINT;
            self.left(MARGIN + PAD, y, SMALL, false, "本期没有明细 no lines", WIDTH);
        }
        if annex.left_out > 0 {
            self.need(LINE);
            let y = self.y + 14 * POINT;
            let said = format!(
                "另有 {} 行未打印，全部明细见同一结算单的 CSV 或 XLSX · {} more lines stand in its CSV and XLSX",
                annex.left_out, annex.left_out
            );
            self.left(MARGIN + PAD, y, SMALL, true, &said, WIDTH - 2 * PAD);
        }
    }

    fn feet(&mut self) {
        let pages = std::mem::take(&mut self.pages);
        let count = pages.len();
        for (number, sheet) in (1..).zip(pages) {
            self.pages.push(sheet);
            self.page().line((MARGIN, FOOT), (MARGIN + WIDTH, FOOT), 8, RULE);
            let y = FOOT + 13 * POINT;
            let foot = self.paper.foot.clone();
            let (foot, size) = fitted(self.fonts, &foot, SMALL, false, WIDTH * 8 / 10);
            self.page().tinted((MARGIN, y), size, false, 90, foot);
            let pages = format!("第 {number} 页 / 共 {count} 页");
            self.right(MARGIN + WIDTH, y, SMALL, false, 90, &pages, WIDTH / 5);
            self.page().tinted(
                (MARGIN, y + 11 * POINT),
                SMALL,
                false,
                120,
                "分账 · 分佣账本　本系统只记账，不代收代付",
            );
        }
    }
}
