//! Imports 导入批次: what was uploaded, how far each is, what became of every row, and which rows a line came from.
//! Must never show a file or a row to a party: they hold what others sold.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{At, Cell, Page, ReportError, Statement, Table, position, sql};
use crate::base::{ApprovalId, FileId, ImportId, Instant, LineId, LogId};

pub(super) const SQL: &[Statement] = &[
    sql!("imports_page"),
    sql!("import_rows_page"),
    sql!("import_rows_of_line"),
    sql!("files_page"),
    sql!("files_known"),
    sql!("mappings_own"),
];

/// One line of an import's result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ImportCount {
    /// What is counted, such as `rows read` or `facts parked`.
    pub measure: String,
    /// Code, reason or field.
    pub code: String,
    /// How many.
    pub count: u64,
    /// Sum of the raw decimals as read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<String>,
    /// Its currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// How far an import is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ImportProgress {
    /// `clicks`, then `facts`.
    #[serde(default)]
    pub pass: String,
    /// Rows of that pass that are told and kept.
    #[serde(default, rename(deserialize = "row"))]
    pub rows: u64,
    /// Bytes of the file read for them.
    #[serde(default)]
    pub bytes: u64,
    /// Facts taken back, while it is reversed.
    #[serde(default)]
    pub withdrawn: u64,
}

/// An import.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ImportView {
    /// Which.
    #[schema(value_type = String)]
    pub import: ImportId,
    /// SHA-256 of its file.
    pub file: String,
    /// As the file was called.
    pub file_name: String,
    /// Bytes of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_size: Option<i64>,
    /// Mapping.
    pub mapping: String,
    /// Which attempt at the file with this mapping.
    pub attempt: i32,
    /// uploaded, checked, committing, done, failed, reversing or reversed.
    pub state: String,
    /// What may be done with it now.
    pub allowed_actions: Vec<&'static str>,
    /// How far it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<ImportProgress>,
    /// Counts and sums: of the check, then of the import.
    pub result: Vec<ImportCount>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The approval that its reversal waits for, or waited for.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
    /// First day it is said to cover.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covers_from: Option<NaiveDate>,
    /// Last day it is said to cover.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covers_to: Option<NaiveDate>,
    /// When it was made.
    #[schema(value_type = String)]
    pub made_at: Instant,
    /// When its state changed last.
    #[schema(value_type = String)]
    pub changed_at: Instant,
}

/// Imports, newest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ImportsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Imports.
    pub imports: Vec<ImportView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Imports a page at a time, newest first; in one state, when given.
pub async fn imports(
    client: &Client,
    log: LogId,
    state: Option<&str>,
    page: &Page,
) -> Result<ImportsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let (before, id) = match page.parts::<2>()? {
        Some([before, id]) => (part::<Instant>(before)?.utc(), part::<ImportId>(id)?.0),
        None => (DateTime::<Utc>::MAX_UTC, Uuid::max()),
    };
    let before = before.min(far());
    let sql = include_str!("sql/imports_page.sql");
    let mut rows = client
        .query(sql, &[&log.0, &before, &id, &page.fetch(), &None::<Uuid>, &state])
        .await?;
    let more = page.cut(&mut rows);
    let imports: Vec<ImportView> = rows.iter().map(view).collect::<Result<_, _>>()?;
    let next = imports.last().filter(|_| more);
    let next = next.map(|last| format!("{}~{}", last.made_at, last.import));
    Ok(ImportsView {
        position,
        imports,
        next,
    })
}

/// A time after every import, within what the database can hold.
fn far() -> DateTime<Utc> {
    DateTime::from_timestamp(32_503_680_000, 0).unwrap_or(DateTime::UNIX_EPOCH)
}

/// One import.
pub async fn import(client: &Client, log: LogId, id: ImportId) -> Result<ImportView, ReportError> {
    let sql = include_str!("sql/imports_page.sql");
    let row = client
        .query_opt(sql, &[&log.0, &far(), &Uuid::max(), &1_i64, &Some(id.0), &None::<&str>])
        .await?;
    view(&row.ok_or(ReportError::NotFound)?)
}

fn view(row: &Row) -> Result<ImportView, ReportError> {
    let state: String = row.get(5);
    let allowed_actions = match state.as_str() {
        "uploaded" | "checked" => vec!["preview", "check", "commit"],
        "failed" => vec!["preview", "commit", "reverse"],
        "done" => vec!["preview", "reverse"],
        _ => Vec::new(),
    };
    let unreadable = |_| ReportError::Stored("import");
    let result = row.get::<_, Option<String>>(6);
    let result = result.map(|text| serde_json::from_str(&text)).transpose();
    let progress = row.get::<_, Option<String>>(11);
    let progress = progress.map(|text| serde_json::from_str(&text)).transpose();
    Ok(ImportView {
        import: ImportId(row.get(0)),
        file: hex::encode(row.get::<_, Vec<u8>>(1)),
        file_name: row.get(2),
        file_size: row.get(12),
        mapping: row.get(3),
        attempt: row.get(4),
        state,
        allowed_actions,
        progress: progress.map_err(unreadable)?,
        result: result.map_err(unreadable)?.unwrap_or_default(),
        failure: row.get(7),
        approval: row.get::<_, Option<Uuid>>(8).map(ApprovalId),
        covers_from: row.get(14),
        covers_to: row.get(15),
        made_at: Instant::from_utc(row.get(9)),
        changed_at: Instant::from_utc(row.get(10)),
    })
}

impl ImportsView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Imports 导入批次 at position {}", self.position),
            &[
                "import", "file", "mapping", "attempt", "state", "rows", "rejected", "made at",
            ],
        );
        for row in &self.imports {
            let count = |measure: &str| {
                let found = row.result.iter().filter(|line| line.measure == measure);
                Cell::Number(found.map(|line| line.count).sum::<u64>().to_string())
            };
            table.push([
                row.import.to_string().into(),
                row.file_name.clone().into(),
                row.mapping.clone().into(),
                i64::from(row.attempt).into(),
                row.state.clone().into(),
                count("rows read"),
                count("rows rejected"),
                row.made_at.to_string().into(),
            ]);
        }
        table
    }
}

/// Something that a row told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RowFact {
    /// Its line; for a return that names no order the returns of its buyer and item.
    /// Its line, or the receipt.
    pub line: String,
    /// What: kind, then case or number.
    pub fact: String,
    /// applied, waiting, parked, stale or conflict.
    pub state: String,
    /// Code, when not simply applied.
    pub code: String,
    /// It was known before.
    pub repeated: bool,
    /// Position of the event that keeps it.
    pub position: i64,
}

/// A row of a file and what became of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ImportRow {
    /// Number, from 1; the header does not count.
    pub row: i64,
    /// told, left_out or rejected.
    pub state: String,
    /// Reason or code.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// As it came; what is no UTF-8 is shown as such.
    pub raw: String,
    /// What it told.
    pub told: Vec<RowFact>,
}

/// Rows of an import, by number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ImportRowsView {
    /// Rows.
    pub rows: Vec<ImportRow>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which rows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RowFilter {
    /// State of the row or of something it told.
    pub state: Option<String>,
    /// Code of the row or of something it told.
    pub code: Option<String>,
}

/// Rows of an import a page at a time.
pub async fn import_rows(
    client: &Client,
    log: LogId,
    id: ImportId,
    filter: &RowFilter,
    page: &Page,
) -> Result<ImportRowsView, ReportError> {
    let after = match page.parts::<1>()? {
        Some([after]) => part::<i64>(after)?,
        None => 0,
    };
    let sql = include_str!("sql/import_rows_page.sql");
    let mut rows = client
        .query(
            sql,
            &[&log.0, &id.0, &after, &page.fetch(), &filter.state, &filter.code],
        )
        .await?;
    let more = page.cut(&mut rows);
    let rows: Vec<ImportRow> = rows.iter().map(row_view).collect::<Result<_, _>>()?;
    let next = rows.last().filter(|_| more).map(|row| row.row.to_string());
    Ok(ImportRowsView { rows, next })
}

fn text(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).into_owned()
}

fn row_view(row: &Row) -> Result<ImportRow, ReportError> {
    let told = serde_json::from_str(row.get(5)).map_err(|_| ReportError::Stored("import row"))?;
    Ok(ImportRow {
        row: row.get(0),
        raw: text(row.get(1)),
        state: row.get(2),
        code: row.get(3),
        message: row.get(4),
        told,
    })
}

impl ImportRowsView {
    /// Columns of the result file.
    pub const COLUMNS: [&'static str; 9] = [
        "row",
        "state",
        "code",
        "message",
        "line",
        "fact",
        "became",
        "why",
        "as it came",
    ];

    /// Rows of the result file: one for each thing told, one for a row that told nothing.
    pub fn cells(&self) -> impl Iterator<Item = [Cell; 9]> + '_ {
        self.rows.iter().flat_map(|row| {
            let nothing = RowFact {
                line: String::new(),
                fact: String::new(),
                state: String::new(),
                code: String::new(),
                repeated: false,
                position: 0,
            };
            let told = if row.told.is_empty() {
                vec![nothing]
            } else {
                row.told.clone()
            };
            told.into_iter().map(|fact| {
                let became = if fact.repeated { "known".to_owned() } else { fact.state };
                [
                    row.row.into(),
                    row.state.clone().into(),
                    row.code.clone().into(),
                    row.message.clone().into(),
                    fact.line.into(),
                    fact.fact.into(),
                    became.into(),
                    fact.code.into(),
                    row.raw.clone().into(),
                ]
            })
        })
    }
}

/// A row that a line came from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LineRow {
    /// Of which import.
    #[schema(value_type = String)]
    pub import: ImportId,
    /// As its file was called.
    pub file_name: String,
    /// State of the import.
    pub import_state: String,
    /// Number of the row.
    pub row: i64,
    /// As it came.
    pub raw: String,
    /// What it told of this line.
    pub told: RowFact,
}

/// The rows that a line came from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LineRowsView {
    /// Rows, oldest import first.
    pub rows: Vec<LineRow>,
}

/// The rows that a line came from, and those of the returns that are matched to it, at most 1,000.
pub async fn rows_of_line(client: &Client, log: LogId, line: LineId) -> Result<LineRowsView, ReportError> {
    let sql = include_str!("sql/import_rows_of_line.sql");
    let rows = client.query(sql, &[&log.0, &line.0]).await?;
    let row = |row: &Row| LineRow {
        import: ImportId(row.get(0)),
        file_name: row.get(1),
        import_state: row.get(2),
        row: row.get(3),
        raw: text(row.get(4)),
        told: RowFact {
            line: line.to_string(),
            fact: row.get(5),
            state: row.get(6),
            code: row.get(7),
            repeated: row.get(8),
            position: row.get(9),
        },
    };
    Ok(LineRowsView {
        rows: rows.iter().map(row).collect(),
    })
}

/// A raw file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct FileView {
    /// SHA-256 of its bytes, hexadecimal: its id.
    pub file: String,
    /// Bytes.
    pub size: i64,
    /// As its sender called it.
    pub name: String,
    /// As its sender described it.
    pub media_type: String,
    /// When it came.
    #[schema(value_type = String)]
    pub added_at: Instant,
}

/// Raw files, by digest.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct FilesView {
    /// Files.
    pub files: Vec<FileView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Raw files a page at a time.
pub async fn files(client: &Client, log: LogId, page: &Page) -> Result<FilesView, ReportError> {
    let after = match page.parts::<1>()? {
        Some([after]) => hex::decode(after).map_err(|_| ReportError::Cursor)?,
        None => Vec::new(),
    };
    let sql = include_str!("sql/files_page.sql");
    let mut rows = client
        .query(sql, &[&log.0, &after, &page.fetch(), &None::<Vec<u8>>])
        .await?;
    let more = page.cut(&mut rows);
    let files: Vec<FileView> = rows.iter().map(file_view).collect();
    let next = files.last().filter(|_| more).map(|file| file.file.clone());
    Ok(FilesView { files, next })
}

/// One raw file.
pub async fn file(client: &Client, log: LogId, digest: &[u8]) -> Result<FileView, ReportError> {
    let sql = include_str!("sql/files_page.sql");
    let row = client
        .query_opt(sql, &[&log.0, &Vec::<u8>::new(), &1_i64, &Some(digest)])
        .await?;
    Ok(file_view(&row.ok_or(ReportError::NotFound)?))
}

/// Which of these files the book does not keep, by their place in the list.
pub async fn files_missing(client: &Client, log: LogId, files: &[FileId]) -> Result<Vec<usize>, ReportError> {
    let digests: Vec<Vec<u8>> = files
        .iter()
        .map(|file| hex::decode(file.as_str()).unwrap_or_default())
        .collect();
    let rows = client
        .query(include_str!("sql/files_known.sql"), &[&log.0, &digests])
        .await?;
    let known: Vec<Vec<u8>> = rows.iter().map(|row| row.get(0)).collect();
    let missing = digests.iter().enumerate().filter(|(_, digest)| !known.contains(digest));
    Ok(missing.map(|(place, _)| place).collect())
}

fn file_view(row: &Row) -> FileView {
    FileView {
        file: hex::encode(row.get::<_, Vec<u8>>(0)),
        size: row.get(1),
        name: row.get(2),
        media_type: row.get(3),
        added_at: Instant::from_utc(row.get(4)),
    }
}

/// A mapping.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct MappingView {
    /// Name.
    pub name: String,
    /// `ready` comes with the program, `own` is the book's.
    pub kind: &'static str,
    /// What the file is.
    pub about: String,
    /// The mapping itself, TOML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When it was saved.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saved_at: Option<Instant>,
}

/// The book's own mappings with their texts; one of them, when given.
pub async fn own_mappings(client: &Client, log: LogId, name: Option<&str>) -> Result<Vec<MappingView>, ReportError> {
    let rows = client
        .query(include_str!("sql/mappings_own.sql"), &[&log.0, &name])
        .await?;
    let view = |row: &Row| MappingView {
        name: row.get(0),
        kind: "own",
        about: String::new(),
        text: row.get(1),
        saved_at: Some(Instant::from_utc(row.get(2))),
    };
    Ok(rows.iter().map(view).collect())
}
