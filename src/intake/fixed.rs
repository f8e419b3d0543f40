//! Files of one fixed layout, such as a roster or opening balances: named columns, read row by row.
//! Must never guess a column: each has its headings, English and Chinese, and what is not among them is not read.

use std::path::Path;

use super::emit::RowFault;
use super::field::outside_id;
use super::mapping::{Encoding, Format, Source};
use super::plan::{Cells, Column, Plan};
use super::source::{Next, Rows, SourceError};
use crate::base::{ExternalId, Zone};

/// A column's name, and other headings it may have.
pub(super) type Heading = (&'static str, &'static [&'static str]);

/// A file of a fixed layout.
pub(super) struct Fixed {
    rows: Rows,
    cells: Cells,
    headings: Vec<Heading>,
}

impl Fixed {
    /// Opens a file and reads its header, which must have the columns that are needed.
    pub(super) fn open(path: &Path, name: &str, headings: &[Heading], needed: &[&str]) -> Result<Fixed, SourceError> {
        let columns = headings.iter().map(|(name, also)| Column {
            name: (*name).to_owned(),
            also: also.iter().map(|heading| (*heading).to_owned()).collect(),
            required: needed.contains(name),
        });
        let source = Source {
            format: Format::Csv,
            encoding: Encoding::default(),
            sheet: None,
            rows: Vec::new(),
            absent: Vec::new(),
            header: true,
            columns: Vec::new(),
            delimiter: ',',
            platform: None,
            currency: None,
            zone: Zone::SHANGHAI,
        };
        let plan = Plan::of_columns(name.to_owned(), source, columns.collect());
        Ok(Fixed {
            rows: Rows::open(path, &plan)?,
            cells: Cells::default(),
            headings: headings.to_vec(),
        })
    }

    /// Reads every row; `take` is told its number, from 1 after the header.
    pub(super) fn each<T>(
        mut self,
        read: impl Fn(&Cell<'_>) -> Result<T, RowFault>,
        mut take: impl FnMut(u64, Result<T, RowFault>),
    ) -> Result<(), SourceError> {
        loop {
            let row = match self.rows.next(&mut self.cells)? {
                Next::End => return Ok(()),
                Next::Bad(fault) => Err(fault),
                Next::Row => read(&Cell {
                    cells: &self.cells,
                    headings: &self.headings,
                }),
            };
            take(self.rows.number(), row);
        }
    }
}

/// The cells of a row, by column.
pub(super) struct Cell<'a> {
    cells: &'a Cells,
    headings: &'a [Heading],
}

impl Cell<'_> {
    /// A cell's text; none for an empty one or a column that the file does not have.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let slot = self.headings.iter().position(|(column, _)| *column == name)?;
        self.cells.get(slot)
    }

    /// A cell's text, which must be there.
    pub(super) fn need(&self, name: &'static str) -> Result<&str, RowFault> {
        self.get(name)
            .ok_or_else(|| RowFault::new("value_missing", "the row needs a value here").at(name))
    }

    /// An outside number.
    pub(super) fn id(&self, name: &'static str) -> Result<Option<ExternalId>, RowFault> {
        self.get(name)
            .map(|text| outside_id(text).map_err(|fault| fault.at(name)))
            .transpose()
    }
}
