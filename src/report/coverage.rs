//! The coverage calendar 覆盖日历: which days the imports of each mapping cover, by platform account, and the gaps between.
//! Must never call a day covered because the days around it are: a day counts by an order in a row, or by what was declared.

use chrono::NaiveDate;
use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;

use super::{At, Cell, ReportError, Statement, Table, position, sql};
use crate::base::LogId;

pub(super) const SQL: &[Statement] = &[sql!("import_coverage")];

/// Days without a break.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Stretch {
    /// First day.
    #[schema(value_type = String)]
    pub from: NaiveDate,
    /// Last day.
    #[schema(value_type = String)]
    pub to: NaiveDate,
    /// Days.
    pub days: i64,
    /// Rows of them; none in a gap.
    pub rows: i64,
}

/// The calendar of one account, or of a platform whose rows name no account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SourceCoverage {
    /// Mapping.
    pub mapping: String,
    /// The account, or the platform.
    pub source: String,
    /// Days covered.
    pub covered: Vec<Stretch>,
    /// Days between them that no import covers.
    pub gaps: Vec<Stretch>,
}

/// Coverage of a book.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CoverageView {
    /// A position that it reflects at least.
    pub position: i64,
    /// By mapping and source.
    pub sources: Vec<SourceCoverage>,
}

/// Which days are asked about.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CoverageFilter {
    /// Of this mapping.
    pub mapping: Option<String>,
    /// From this day on, also where nothing is covered.
    pub from: Option<NaiveDate>,
    /// Up to this day, also where nothing is covered.
    pub to: Option<NaiveDate>,
}

/// The coverage calendar.
pub async fn coverage(client: &Client, log: LogId, filter: &CoverageFilter) -> Result<CoverageView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let rows = client
        .query(include_str!("sql/import_coverage.sql"), &[&log.0, &filter.mapping])
        .await?;
    let mut sources: Vec<SourceCoverage> = Vec::new();
    for row in &rows {
        let (mapping, source): (String, String) = (row.get(0), row.get(1));
        let (day, count): (NaiveDate, i64) = (row.get(2), row.get(3));
        let outside = filter.from.is_some_and(|from| day < from) || filter.to.is_some_and(|to| day > to);
        if !sources
            .last()
            .is_some_and(|last| last.mapping == mapping && last.source == source)
        {
            sources.push(SourceCoverage {
                mapping,
                source,
                covered: Vec::new(),
                gaps: Vec::new(),
            });
        }
        if let Some(source) = sources.last_mut().filter(|_| !outside) {
            source.add(day, count);
        }
    }
    for source in &mut sources {
        source.find_gaps(filter);
    }
    Ok(CoverageView { position, sources })
}

fn stretch(from: NaiveDate, to: NaiveDate, rows: i64) -> Stretch {
    Stretch {
        from,
        to,
        days: (to - from).num_days() + 1,
        rows,
    }
}

impl SourceCoverage {
    /// Adds a day; days come in order.
    fn add(&mut self, day: NaiveDate, rows: i64) {
        match self.covered.last_mut() {
            Some(last) if last.to.succ_opt() == Some(day) => *last = stretch(last.from, day, last.rows + rows),
            _ => self.covered.push(stretch(day, day, rows)),
        }
    }

    fn find_gaps(&mut self, filter: &CoverageFilter) {
        let mut open = filter.from;
        for covered in &self.covered {
            let before = covered.from.pred_opt();
            if let (Some(from), Some(to)) = (open, before)
                && from <= to
            {
                self.gaps.push(stretch(from, to, 0));
            }
            open = covered.to.succ_opt();
        }
        if let (Some(from), Some(to)) = (open, filter.to)
            && from <= to
        {
            self.gaps.push(stretch(from, to, 0));
        }
    }
}

impl CoverageView {
    /// As a table: one row a stretch, in order of days.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Coverage 覆盖日历 at position {}", self.position),
            &["mapping", "account or platform", "what", "from", "to", "days", "rows"],
        );
        for source in &self.sources {
            let covered = source.covered.iter().map(|stretch| ("covered", stretch));
            let gaps = source.gaps.iter().map(|stretch| ("gap", stretch));
            let mut all: Vec<(&str, &Stretch)> = covered.chain(gaps).collect();
            all.sort_by_key(|(_, stretch)| stretch.from);
            for (what, stretch) in all {
                table.push([
                    source.mapping.clone().into(),
                    source.source.clone().into(),
                    what.to_owned().into(),
                    stretch.from.to_string().into(),
                    stretch.to.to_string().into(),
                    stretch.days.into(),
                    if what == "gap" {
                        Cell::Empty
                    } else {
                        stretch.rows.into()
                    },
                ]);
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn gaps(days: &[&str], from: Option<&str>, to: Option<&str>) -> Vec<(String, String)> {
        let mut source = SourceCoverage {
            mapping: String::new(),
            source: String::new(),
            covered: Vec::new(),
            gaps: Vec::new(),
        };
        days.iter().for_each(|text| source.add(day(text), 1));
        let filter = CoverageFilter {
            mapping: None,
            from: from.map(day),
            to: to.map(day),
        };
        source.find_gaps(&filter);
        let pair = |gap: &Stretch| (gap.from.to_string(), gap.to.to_string());
        source.gaps.iter().map(pair).collect()
    }

    #[test]
    fn a_day_without_a_row_is_a_gap_and_days_outside_are_asked_for() {
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let days = ["2026-02-27", "2026-02-28", "2026-03-03"];
        assert_eq!(gaps(&days, None, None), [pair("2026-03-01", "2026-03-02")]);
        assert_eq!(
            gaps(&days, Some("2026-02-25"), Some("2026-03-04")),
            [
                pair("2026-02-25", "2026-02-26"),
                pair("2026-03-01", "2026-03-02"),
                pair("2026-03-04", "2026-03-04")
            ]
        );
        assert_eq!(
            gaps(&[], Some("2026-02-01"), Some("2026-02-02")),
            [pair("2026-02-01", "2026-02-02")]
        );
    }
}
