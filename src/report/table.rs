//! A report as a table: text for the command line with amounts right-aligned, and the rows that CSV writes.
//! Must never be parsed back.

use std::borrow::Cow;

use comfy_table::{CellAlignment, ContentArrangement, presets};

use super::Money;

/// One cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cell {
    /// Words: guarded against formulas in CSV.
    Text(String),
    /// A number in its canonical spelling: right-aligned, plain in CSV.
    Number(String),
    /// Nothing.
    Empty,
}

impl Cell {
    /// Its text; none for an empty one.
    pub fn into_text(self) -> Option<String> {
        match self {
            Cell::Text(text) | Cell::Number(text) => Some(text),
            Cell::Empty => None,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Cell {
        text.map_or(Cell::Empty, Cell::Text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Cell {
        Cell::Number(number.to_string())
    }
}

impl From<&Money> for Cell {
    fn from(money: &Money) -> Cell {
        Cell::Number(money.amount.clone())
    }
}

/// A titled table.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Table {
    /// What it shows, with the position it reflects.
    pub title: String,
    /// Column names.
    pub columns: Vec<Cow<'static, str>>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
    /// Cursor of the next page, where there is one.
    pub next: Option<String>,
}

impl Table {
    /// An empty table.
    pub fn new(title: impl Into<String>, columns: &[&'static str]) -> Table {
        Table {
            title: title.into(),
            columns: columns.iter().map(|name| Cow::Borrowed(*name)).collect(),
            rows: Vec::new(),
            next: None,
        }
    }

    /// Adds a row.
    pub fn push(&mut self, row: impl IntoIterator<Item = Cell>) {
        self.rows.push(row.into_iter().collect());
    }

    /// Says where the next page begins.
    #[must_use]
    pub fn followed_by(mut self, next: Option<String>) -> Table {
        self.next = next;
        self
    }

    /// As text: the title, then the table.
    pub fn text(&self) -> String {
        let mut table = comfy_table::Table::new();
        table
            .load_style(presets::UTF8_BORDERS_ONLY)
            .set_content_arrangement(ContentArrangement::Disabled)
            .set_header(self.columns.iter().map(AsRef::<str>::as_ref));
        for row in &self.rows {
            table.add_row(row.iter().map(|cell| match cell {
                Cell::Text(text) => comfy_table::Cell::new(text),
                Cell::Number(text) => comfy_table::Cell::new(text).set_alignment(CellAlignment::Right),
                Cell::Empty => comfy_table::Cell::new(""),
            }));
        }
        format!("{}\n{table}\n", self.title)
    }
}
