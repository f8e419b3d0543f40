//! Keyset pages: how many, and after which row. A cursor is the last row's key as text.
//! Must never be an offset: rows that arrive meanwhile would shift it.

use super::ReportError;

/// Which page of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// The cursor of the page before; none for the first page.
    pub after: Option<String>,
    /// How many rows at most.
    pub limit: i64,
}

impl Page {
    /// Most rows of one page.
    pub const MOST: i64 = 1_000;

    /// The first page of a size.
    pub fn first(limit: i64) -> Page {
        Page { after: None, limit }
    }

    /// The page after a cursor.
    pub fn after(cursor: Option<String>, limit: i64) -> Page {
        Page { after: cursor, limit }
    }

    /// Rows to read: one more than shown tells whether there is a next page.
    pub(super) fn fetch(&self) -> i64 {
        self.size() + 1
    }

    /// Rows to show.
    pub(super) fn size(&self) -> i64 {
        self.limit.clamp(1, Page::MOST)
    }

    /// The cursor's parts; none for the first page.
    pub fn parts<const N: usize>(&self) -> Result<Option<[&str; N]>, ReportError> {
        let Some(cursor) = &self.after else {
            return Ok(None);
        };
        let parts: Vec<&str> = cursor.split('~').collect();
        parts.try_into().map(Some).map_err(|_| ReportError::Cursor)
    }

    /// Cuts the extra row off; true when there was one.
    pub(super) fn cut<T>(&self, rows: &mut Vec<T>) -> bool {
        let size = usize::try_from(self.size()).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        more
    }
}

impl Default for Page {
    fn default() -> Page {
        Page::first(100)
    }
}

/// Reads one part of a cursor.
pub(super) fn part<T: std::str::FromStr>(text: &str) -> Result<T, ReportError> {
    text.parse().map_err(|_| ReportError::Cursor)
}
