//! Files as answers: CSV and XLSX are written to a temporary file first and sent from there in pieces, so that an answer of
//! any size is held by nobody, a failure is still a problem, and no slow reader keeps a snapshot of the database open.
//! Must never send a file that was not written to its end.

use std::fs::File;
use std::io::{BufWriter, Seek};

use actix_web::body::SizedStream;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::BytesMut;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use tokio::io::AsyncReadExt;

use super::money::accepts;
use super::params::Params;
use super::problem::Problem;
use crate::report::{Cell, CsvRows, ReportError, XlsxRows};

/// Media type of a workbook.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Bytes sent at once.
const PIECE: usize = 64 * 1024;

/// What a report is answered as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// JSON.
    Json,
    /// CSV.
    Csv,
    /// A workbook.
    Xlsx,
    /// Plain text.
    Text,
}

impl Form {
    /// What was asked for: by `format=`, for clients that cannot set headers, else by `Accept`.
    pub fn of(request: &HttpRequest, params: &mut Params) -> Result<Form, Problem> {
        let words = [
            ("json", Form::Json),
            ("csv", Form::Csv),
            ("xlsx", Form::Xlsx),
            ("text", Form::Text),
        ];
        if let Some(form) = params.word("format", &words)? {
            return Ok(form);
        }
        let kinds = [
            ("application/json", Form::Json),
            ("text/csv", Form::Csv),
            (XLSX, Form::Xlsx),
            ("text/plain", Form::Text),
        ];
        let asked = kinds.into_iter().find(|(kind, _)| accepts(request, kind));
        Ok(asked.map_or(Form::Json, |(_, form)| form))
    }
}

/// A file that is being written.
pub struct Spool {
    file: File,
    rows: Rows,
}

enum Rows {
    Csv(Box<CsvRows<BufWriter<File>>>),
    Xlsx(Box<XlsxRows>),
}

impl Spool {
    /// Starts a CSV file or a workbook with its heads.
    pub fn start(form: Form, heads: &[impl AsRef<str>]) -> Result<Spool, ReportError> {
        let file = tempfile::tempfile()?;
        let rows = match form {
            Form::Xlsx => Rows::Xlsx(Box::new(XlsxRows::start(heads)?)),
            _ => Rows::Csv(Box::new(CsvRows::start(BufWriter::new(file.try_clone()?), heads)?)),
        };
        Ok(Spool { file, rows })
    }

    /// Writes one row.
    pub fn row(&mut self, row: &[Cell]) -> Result<(), ReportError> {
        match &mut self.rows {
            Rows::Csv(rows) => rows.row(row),
            Rows::Xlsx(rows) => rows.row(row),
        }
    }

    /// Ends the file and answers with it, under a name.
    pub async fn send(self, name: &str) -> Result<HttpResponse, Problem> {
        let (kind, ending) = match self.rows {
            Rows::Csv(_) => ("text/csv; charset=utf-8", "csv"),
            Rows::Xlsx(_) => (XLSX, "xlsx"),
        };
        // Putting a large workbook together takes a while: not on a thread that serves others.
        let ended = tokio::task::spawn_blocking(move || {
            let Spool { mut file, rows } = self;
            match rows {
                Rows::Csv(rows) => rows.finish()?,
                Rows::Xlsx(rows) => rows.finish(&mut file)?,
            }
            Ok::<File, ReportError>(file)
        });
        let file = ended.await.map_err(|_| Problem::unavailable())??;
        send_file(file, kind, &format!("{name}.{ending}"))
    }
}

/// Answers with a file that was written to its end, under a name of our own making.
pub fn send_file(mut file: File, kind: &str, name: &str) -> Result<HttpResponse, Problem> {
    file.rewind().map_err(ReportError::from)?;
    let length = file.metadata().map_err(ReportError::from)?.len();
    let pieces = stream::try_unfold(tokio::fs::File::from_std(file), |mut file| async move {
        let mut piece = BytesMut::with_capacity(PIECE);
        let read = file.read_buf(&mut piece).await?;
        Ok::<_, std::io::Error>((read > 0).then(|| (piece.freeze(), file)))
    });
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(SizedStream::new(length, Box::pin(pieces))))
}
