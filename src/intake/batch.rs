//! Imports as objects: made for a file and a mapping, found again by both, checked and previewed without a trace.
//! Must never make a second import of the same file and mapping while the first one stands.

use std::sync::Arc;

use chrono::NaiveDate;
use deadpool_postgres::Pool;
use sha2::{Digest, Sha256};

use super::detect::{self, Detected};
use super::emit::Told;
use super::import::{ImportError, Pass, Watch, Work};
use super::mapping::Mapping;
use super::plan::Plan;
use super::reader::{self, Origin, Read1, Reader};
use super::ready;
use super::source::SourceError;
use super::tally::Tally;
use crate::base::{BookId, ImportId, derive_uuid};
use crate::domain::command::Actor;
use crate::store::imports::{self, Begun, Import, Move, NewImport};
use crate::store::{books, files};

/// Rows of a preview.
pub const PREVIEW: usize = 20;

/// What an import is made of.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// SHA-256 of the file.
    pub digest: &'a [u8],
    /// As the file is called.
    pub file_name: &'a str,
    /// Name of the mapping.
    pub mapping: &'a str,
    /// Its text.
    pub mapping_text: &'a str,
    /// Makes the stand-ins that the mapping states.
    pub stand_ins: bool,
    /// What the file is said to cover: account, first and last day.
    pub cover: (Option<&'a str>, Option<NaiveDate>, Option<NaiveDate>),
    /// Who.
    pub actor: &'a Actor,
}

/// Who, as it stands on rows: the same form as on events.
pub(super) fn actor_text(actor: &Actor) -> String {
    serde_json::to_string(actor).unwrap_or_default()
}

/// The text of a mapping: a ready one, or one of the book's own.
pub async fn mapping_text(pool: &Pool, book: BookId, name: &str) -> Result<Option<String>, ImportError> {
    let client = pool.get().await?;
    if let Some(own) = imports::mapping(&client, book, name).await? {
        return Ok(Some(own));
    }
    Ok(ready::find(name).map(str::to_owned))
}

/// Which ready mapping a kept file fits.
pub async fn detect(pool: &Pool, book: BookId, digest: &[u8]) -> Result<Detected, ImportError> {
    let client = pool.get().await?;
    let file = files::find(&client, book, digest).await?;
    let file = file.ok_or(ImportError::Missing("file"))?;
    drop(client);
    let origin = Origin::Kept {
        pool: pool.clone(),
        book,
        upload: file.upload,
        name: file.name,
    };
    let read = move || {
        detect::detect(|plan| {
            origin.open(plan).map_err(|error| match error {
                ImportError::Source(error) => error,
                other => SourceError::Io {
                    path: std::path::PathBuf::new(),
                    source: std::io::Error::other(other.to_string()),
                },
            })
        })
    };
    let detected = tokio::task::spawn_blocking(read)
        .await
        .map_err(|_| ImportError::Thread)?;
    Ok(detected?)
}

/// The import of a file with a mapping: the one that stands, or a new attempt after the last one was taken back.
///
/// INVARIANT: the id follows from log, file, mapping and attempt, so two openings at once make one import.
pub async fn open(pool: &Pool, book: BookId, opening: &Opening<'_>) -> Result<ImportId, ImportError> {
    let client = pool.get().await?;
    let mapping_digest = Sha256::digest(opening.mapping_text.as_bytes()).to_vec();
    let log = books::of_book(&client, book)
        .await?
        .ok_or(ImportError::Missing("book"))?
        .money;
    let last = imports::last_attempt(&client, log, opening.digest, &mapping_digest).await?;
    let attempt = match last {
        Some((_, attempt, state)) if state == "reversed" => attempt.saturating_add(1),
        Some((id, ..)) => return Ok(id),
        None => 1,
    };
    let parts = [
        hex::encode(opening.digest),
        hex::encode(&mapping_digest),
        attempt.to_string(),
    ];
    let id = ImportId(derive_uuid("import", log.0, &parts.each_ref().map(String::as_str)));
    let (account, from, to) = opening.cover;
    let new = NewImport {
        id,
        log,
        attempt,
        digest: opening.digest,
        file_name: opening.file_name,
        mapping: opening.mapping,
        mapping_text: opening.mapping_text,
        mapping_digest: &mapping_digest,
        stand_ins: opening.stand_ins,
        cover: (account.map(str::to_owned), from, to),
        by: &actor_text(opening.actor),
    };
    imports::add(&client, book, &new).await?;
    Ok(id)
}

/// An import with all that is needed to read its file.
pub async fn load(pool: &Pool, book: BookId, id: ImportId) -> Result<(Import, Work), ImportError> {
    let client = pool.get().await?;
    let import = imports::find(&client, book, id).await?;
    let import = import.ok_or(ImportError::Missing("import"))?;
    let file = files::find(&client, book, &import.digest).await?;
    let file = file.ok_or(ImportError::Missing("file"))?;
    let mapping = Mapping::parse(&import.mapping_text)?;
    let plan = Plan::compile(&mapping)?;
    let setup = match &mapping.setup {
        Some(setup) if import.stand_ins => setup.commands(&mapping.name, book)?,
        _ => Vec::new(),
    };
    let origin = Origin::Kept {
        pool: pool.clone(),
        book,
        upload: file.upload,
        name: import.file_name.clone(),
    };
    let work = Work {
        book,
        id,
        origin,
        plan: Arc::new(plan),
        setup,
        actor: serde_json::from_str(&import.acted_by).unwrap_or(Actor::SYSTEM),
    };
    Ok((import, work))
}

/// Reads the whole file of an import, and changes nothing but what is known of the import itself.
pub async fn check(pool: &Pool, book: BookId, id: ImportId) -> Result<Tally, ImportError> {
    let (_, work) = load(pool, book, id).await?;
    let read = move || {
        let mut watch = Watch {
            progress: &mut |_| {},
            note: &mut |_| {},
        };
        reader::check(&work.origin, &work.plan, book, &mut watch)
    };
    let tally = tokio::task::spawn_blocking(read)
        .await
        .map_err(|_| ImportError::Thread)??;
    let client = pool.get().await?;
    let text = tally.json();
    let step = Move {
        to: "checked",
        from: &["uploaded", "checked"],
        tally: Some(&text),
        ..Move::default()
    };
    imports::advance(&client, book, id, step).await?;
    Ok(tally)
}

/// One row of a preview: as it came, and what it would tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Previewed {
    /// Number, from 1.
    pub number: u64,
    /// As it came; what is no UTF-8 is shown as such.
    pub raw: String,
    /// told, left_out or rejected.
    pub state: &'static str,
    /// Reason or code.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// What it would tell.
    pub told: Vec<Told>,
}

/// The first rows of an import's file beside what each would tell.
pub async fn preview(pool: &Pool, book: BookId, id: ImportId) -> Result<Vec<Previewed>, ImportError> {
    let (_, work) = load(pool, book, id).await?;
    let read = move || {
        let mut reader = Reader::new(work.origin.open(&work.plan)?, &work.plan, book, Pass::Clicks);
        let mut rows = Vec::new();
        while rows.len() < PREVIEW {
            let Some(read) = reader.next(None)? else { break };
            let (state, code, message) = match read {
                Read1::Told => ("told", String::new(), String::new()),
                Read1::LeftOut(reason) => ("left_out", reason, String::new()),
                Read1::Rejected(fault) => ("rejected", fault.code.to_owned(), fault.to_string()),
            };
            rows.push(Previewed {
                number: reader.progress().rows,
                raw: reader.raw().into_owned(),
                state,
                code,
                message,
                told: std::mem::take(&mut reader.out.told),
            });
        }
        Ok(rows)
    };
    tokio::task::spawn_blocking(read)
        .await
        .map_err(|_| ImportError::Thread)?
}

/// Begins to tell an import: whoever runs imports on this database takes it up.
pub async fn begin(pool: &Pool, book: BookId, id: ImportId, actor: &Actor) -> Result<(), ImportError> {
    let mut client = pool.get().await?;
    let import = imports::find(&client, book, id).await?;
    let import = import.ok_or(ImportError::Missing("import"))?;
    // What was said of offers may be said anew, in the same bytes, after others; everything else is known by itself.
    let anew = Plan::parse(&import.mapping_text).is_ok_and(|plan| plan.has_offers());
    if import.state == "done" && !anew {
        return Ok(());
    }
    let by = actor_text(actor);
    let step = Move {
        to: "committing",
        from: &["uploaded", "checked", "failed", "committing", "done"],
        by: Some(&by),
        job: Some(super::import::job(book, id)),
        ..Move::default()
    };
    match imports::begin(&mut client, book, id, step).await? {
        Begun::Yes => Ok(()),
        Begun::NotNow => Err(ImportError::NotNow(import.state)),
        Begun::Behind(import, state) => Err(ImportError::Behind { import, state }),
    }
}

/// Saves a mapping of the book's own under its name, once it compiles.
pub async fn save_mapping(pool: &Pool, book: BookId, name: &str, text: &str, actor: &Actor) -> Result<(), ImportError> {
    let mapping = Mapping::parse(text)?;
    Plan::compile(&mapping)?;
    let client = pool.get().await?;
    imports::save_mapping(&client, book, name, text, &actor_text(actor)).await?;
    Ok(())
}

/// Removes a mapping of the book's own; imports made with it keep its text. False when there is none.
pub async fn remove_mapping(pool: &Pool, book: BookId, name: &str) -> Result<bool, ImportError> {
    let client = pool.get().await?;
    Ok(imports::remove_mapping(&client, book, name).await?)
}

/// One part of a kept file; none after the last.
pub async fn part(pool: &Pool, book: BookId, digest: &[u8], part: i32) -> Result<Option<bytes::Bytes>, ImportError> {
    let client = pool.get().await?;
    let file = files::find(&client, book, digest).await?;
    let file = file.ok_or(ImportError::Missing("file"))?;
    Ok(files::part(&client, book, file.upload, part).await?)
}
