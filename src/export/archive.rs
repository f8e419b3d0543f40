//! Many sheets in one ZIP archive, each written as it is made, with an index of names, closings and digests at its end.
//! Must never hold more than one sheet, and must never take a party's name as a path.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};

use sha2::{Digest, Sha256};
use tokio_postgres::Client;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::statement::{statement_pdf, statement_xlsx};
use super::words::file_part;
use crate::base::{LogId, Month, PartyKind};
use crate::report::{
    At, Cell, CsvRows, Page, ReportError, StatementKey, Viewer, statement, statement_csv, statement_keys,
};

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

/// The name of a file of a party's sheet. The end of the party's id keeps two of one name apart.
pub fn file_name(period: Month, key: StatementKey, called: &str, form: SheetForm) -> String {
    let id = key.party.uuid().simple().to_string();
    let (kind, name) = (key.party.kind().word(), file_part(called));
    format!("{period}_{kind}_{name}_{}.{}", id.get(16..).unwrap_or(&id), form.word())
}

/// Every account statement 往来对账单 of a month in one archive. `client` has to be inside one snapshot. Answers how many
/// there are.
///
/// Each statement is a document of its own and is asked for on its own: that holds one of them at a time.
pub async fn statements_zip<W: Write>(
    client: &Client,
    log: LogId,
    (period, kind): (Month, Option<PartyKind>),
    form: SheetForm,
    out: W,
) -> Result<u64, ReportError> {
    let mut archive = Archive::start(out)?;
    let position = crate::report::position(client, log, At::Now).await?;
    let mut keys = statement_keys(client, log, period, kind, None).await?;
    while let Some((last, _)) = keys.last().cloned() {
        for (key, called) in &keys {
            let name = file_name(period, *key, called, form);
            archive.begin(&name)?;
            write_one(client, log, *key, At::Position(position), form, &mut archive).await?;
            let sums = statement(client, log, Viewer::All, *key, At::Position(position), &Page::first(1)).await?;
            let closings = sums
                .sums
                .iter()
                .map(|sum| [Cell::from(&sum.closing), sum.closing.currency.as_str().into()]);
            archive.end(&name, key.party.to_string(), called, closings.collect())?;
        }
        keys = statement_keys(client, log, period, kind, Some(last)).await?;
    }
    archive.finish()
}

async fn write_one(
    client: &Client,
    log: LogId,
    key: StatementKey,
    at: At,
    form: SheetForm,
    out: &mut impl Write,
) -> Result<(), ReportError> {
    match form {
        SheetForm::Csv => {
            statement_csv(client, log, Viewer::All, key, at, out).await?;
        }
        SheetForm::Pdf => out.write_all(&statement_pdf(client, log, Viewer::All, key, at).await?)?,
        SheetForm::Xlsx => {
            let mut file = tempfile::tempfile()?;
            statement_xlsx(client, log, Viewer::All, key, at, &mut file).await?;
            file.rewind()?;
            io::copy(&mut file, out)?;
        }
    }
    Ok(())
}
