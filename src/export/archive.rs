//! Many sheets in one ZIP archive, each written as it is made, with an index of names, closings and digests at its end.
//! Must never hold more than one sheet, and must never take a party's name as a path.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};

use sha2::{Digest, Sha256};
use tokio_postgres::Client;
use uuid::Uuid;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::paper::printed;
use super::sheet::{sheet_csv, sheet_paper, sheet_xlsx};
use super::statement::{statement_paper, statement_xlsx};
use super::words::file_part;
use crate::base::{LogId, Month, PartyId, PartyKind, RunId};
use crate::report::{
    At, Cell, CsvRows, Page, ReportError, SheetFilter, SheetView, Viewer, long_read, position, run, runs, sheets,
    statement, statement_csv, statement_keys,
};

/// Sheets listed at once.
const SHEETS: i64 = 200;

/// What a sheet is written as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SheetForm {
    /// For people and seals.
    #[default]
    Pdf,
    /// For spreadsheets.
    Xlsx,
    /// For everything else.
    Csv,
}

impl SheetForm {
    /// Every form with its word, which is also how its files end.
    pub const ALL: [(&'static str, SheetForm); 3] = [
        ("pdf", SheetForm::Pdf),
        ("xlsx", SheetForm::Xlsx),
        ("csv", SheetForm::Csv),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            SheetForm::Pdf => "pdf",
            SheetForm::Xlsx => "xlsx",
            SheetForm::Csv => "csv",
        }
    }
}

/// An archive that is being written, front to end.
pub struct Archive<W: Write> {
    zip: ZipWriter<StreamWriter<W>>,
    digest: Sha256,
    index: CsvRows<BufWriter<File>>,
    index_file: File,
    files: u64,
}

impl<W: Write> Archive<W> {
    /// Starts an archive.
    pub fn start(out: W) -> Result<Archive<W>, ReportError> {
        let index_file = tempfile::tempfile()?;
        let columns = [
            "file 文件",
            "party",
            "name 名称",
            "closing 期末",
            "currency 币种",
            "sha256",
        ];
        Ok(Archive {
            zip: ZipWriter::new_stream(out),
            digest: Sha256::new(),
            index: CsvRows::start(BufWriter::new(index_file.try_clone()?), &columns)?,
            index_file,
            files: 0,
        })
    }

    /// Begins a file; what is written from here on is its content.
    pub fn begin(&mut self, name: &str) -> Result<(), ReportError> {
        // Sheets that are compressed already gain nothing from being compressed again.
        let stored = name.ends_with(".pdf") || name.ends_with(".xlsx");
        let method = if stored {
            CompressionMethod::Stored
        } else {
            CompressionMethod::Deflated
        };
        self.zip
            .start_file(name, SimpleFileOptions::default().compression_method(method))?;
        self.digest = Sha256::new();
        Ok(())
    }

    /// Copies a file that had to be put together beside the archive.
    fn take(&mut self, mut file: File) -> Result<(), ReportError> {
        file.rewind()?;
        io::copy(&mut file, self)?;
        Ok(())
    }

    /// Ends a file with its row of the index: file, party, name, then closing and currency, once per currency.
    pub fn end(
        &mut self,
        name: &str,
        party: String,
        called: &str,
        closings: Vec<[Cell; 2]>,
    ) -> Result<(), ReportError> {
        let digest = hex::encode(std::mem::take(&mut self.digest).finalize());
        for [closing, currency] in closings {
            let row = [
                name.into(),
                party.as_str().into(),
                called.into(),
                closing,
                currency,
                digest.as_str().into(),
            ];
            self.index.row(&row)?;
        }
        self.files += 1;
        Ok(())
    }

    /// Ends the archive with its index; answers how many sheets it holds.
    pub fn finish(mut self) -> Result<u64, ReportError> {
        self.index.finish()?;
        self.index_file.rewind()?;
        let compressed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.zip.start_file("index.csv", compressed)?;
        io::copy(&mut self.index_file, &mut self.zip)?;
        let mut out = self.zip.finish()?;
        out.flush()?;
        Ok(self.files)
    }
}

impl<W: Write> Write for Archive<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.zip.write(bytes)?;
        self.digest.update(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.zip.flush()
    }
}

/// The name of a file of a party's sheet: month, kind and name of the party, and an id that keeps two of one name apart.
fn file_name(period: Month, party: PartyId, called: &str, id: Uuid, form: SheetForm) -> String {
    let id = id.simple().to_string();
    let (kind, name) = (party.kind().word(), file_part(called));
    format!("{period}_{kind}_{name}_{}.{}", id.get(16..).unwrap_or(&id), form.word())
}

/// Which sheets go into an archive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Which {
    /// Of which month.
    pub period: Month,
    /// Of which run; the month's latest that was not dropped, without it.
    pub run: Option<RunId>,
    /// Of parties of one kind.
    pub kind: Option<PartyKind>,
}

/// The run whose sheets are meant.
async fn run_of(client: &Client, log: LogId, which: Which) -> Result<RunId, ReportError> {
    if let Some(asked) = which.run {
        return Ok(run(client, log, asked).await?.run);
    }
    let all = runs(client, log, Some(which.period), &Page::first(Page::MOST)).await?;
    let last = all.runs.into_iter().find(|run| run.stage.word() != "dropped");
    Ok(last.ok_or(ReportError::NotFound)?.run)
}

/// Every settlement sheet 结算单 of a run in one archive. `client` has to be inside one snapshot. Answers how many there are.
///
/// Each sheet is a document of its own and is asked for on its own: that holds one of them at a time.
pub async fn sheets_zip<W: Write>(
    client: &Client,
    log: LogId,
    which: Which,
    form: SheetForm,
    out: W,
) -> Result<u64, ReportError> {
    long_read(client).await?;
    let run = run_of(client, log, which).await?;
    let mut archive = Archive::start(out)?;
    let filter = SheetFilter {
        run: Some(run),
        ..SheetFilter::default()
    };
    let mut page = Some(Page::first(SHEETS));
    while let Some(asked) = page.take() {
        let view = sheets(client, log, Viewer::All, &filter, &asked).await?;
        let chosen = |sheet: &&SheetView| which.kind.is_none_or(|kind| sheet.party.kind() == kind);
        for sheet in view.sheets.iter().filter(chosen) {
            let name = file_name(sheet.period, sheet.party, &sheet.name, sheet.sheet.0, form);
            archive.begin(&name)?;
            match form {
                SheetForm::Csv => sheet_csv(client, log, Viewer::All, sheet.sheet, &mut archive).await?,
                SheetForm::Pdf => {
                    let paper = sheet_paper(client, log, Viewer::All, sheet.sheet).await?;
                    archive.write_all(&printed(paper).await?)?;
                }
                SheetForm::Xlsx => {
                    let mut file = tempfile::tempfile()?;
                    sheet_xlsx(client, log, Viewer::All, sheet.sheet, &mut file).await?;
                    archive.take(file)?;
                }
            }
            let closing = [[Cell::from(&sheet.closing), sheet.currency.as_str().into()]];
            archive.end(&name, sheet.party.to_string(), &sheet.name, closing.to_vec())?;
        }
        page = view.next.map(|next| Page::after(Some(next), SHEETS));
    }
    archive.finish()
}

/// Every account statement 往来对账单 of a month in one archive, under the same conditions.
pub async fn statements_zip<W: Write>(
    client: &Client,
    log: LogId,
    (period, kind): (Month, Option<PartyKind>),
    form: SheetForm,
    out: W,
) -> Result<u64, ReportError> {
    long_read(client).await?;
    let mut archive = Archive::start(out)?;
    let at = At::Position(position(client, log, At::Now).await?);
    let mut keys = statement_keys(client, log, period, kind, None).await?;
    while let Some((last, _)) = keys.last().cloned() {
        for (key, called) in &keys {
            let name = file_name(period, key.party, called, key.party.uuid(), form);
            archive.begin(&name)?;
            match form {
                SheetForm::Csv => {
                    statement_csv(client, log, Viewer::All, *key, at, &mut archive).await?;
                }
                SheetForm::Pdf => {
                    let paper = statement_paper(client, log, Viewer::All, *key, at).await?;
                    archive.write_all(&printed(paper).await?)?;
                }
                SheetForm::Xlsx => {
                    let mut file = tempfile::tempfile()?;
                    statement_xlsx(client, log, Viewer::All, *key, at, &mut file).await?;
                    archive.take(file)?;
                }
            }
            let view = statement(client, log, Viewer::All, *key, at, &Page::first(1)).await?;
            let closing = view.sums.iter().map(|sum| &sum.closing);
            let closings = closing.map(|money| [Cell::from(money), money.currency.as_str().into()]);
            archive.end(&name, key.party.to_string(), called, closings.collect())?;
        }
        keys = statement_keys(client, log, period, kind, Some(last)).await?;
    }
    archive.finish()
}
