//! Raw files into the book's own store, in bounded parts as they arrive.
//! Must never hold a file in memory, nor keep one that packs far more than it should.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use deadpool_postgres::Pool;
use flate2::write::MultiGzDecoder;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::batch::actor_text;
use super::import::ImportError;
use super::source::SourceError;
use crate::base::BookId;
use crate::domain::command::Actor;
use crate::store::files::{self, File, PART};

/// Largest file that is uploaded, as it comes.
pub const FILE_CAP: u64 = 50 * 1024 * 1024;
/// How many times its size a packed file may unpack to.
pub const RATIO_CAP: u64 = 100;
/// What any file may unpack to, however small: a short text packs well.
const FREE: u64 = 1024 * 1024;

/// Why a file was not kept.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// Longer than a file may be.
    #[error("a file has at most 50 MiB; pack it with gzip, or split it")]
    TooLarge,
    /// Unpacks to far more than its size.
    #[error("the file unpacks to more than 100 times its size")]
    Bomb,
    /// It holds nothing.
    #[error("the file is empty")]
    Empty,
    /// The database.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// No connection.
    #[error(transparent)]
    Pool(#[from] deadpool_postgres::PoolError),
}

/// A file on its way into the store.
pub struct Arriving {
    pool: Pool,
    book: BookId,
    upload: Uuid,
    hash: Sha256,
    size: u64,
    part: Vec<u8>,
    parts: i32,
    cap: u64,
    unpacked: Option<MultiGzDecoder<Counter>>,
}

/// Counts what a packed file unpacks to and keeps nothing of it.
#[derive(Default)]
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Arriving {
    /// Begins; parts of uploads broken off long ago go first.
    pub async fn begin(pool: &Pool, book: BookId, cap: u64) -> Result<Arriving, ShelfError> {
        let client = pool.get().await?;
        files::sweep(&client, book).await?;
        drop(client);
        Ok(Arriving {
            pool: pool.clone(),
            book,
            upload: Uuid::now_v7(),
            hash: Sha256::new(),
            size: 0,
            part: Vec::with_capacity(PART),
            parts: 0,
            cap,
            unpacked: None,
        })
    }

    /// Takes bytes as they come.
    pub async fn take(&mut self, mut bytes: &[u8]) -> Result<(), ShelfError> {
        if self.size == 0 && bytes.starts_with(&[0x1f, 0x8b]) {
            self.unpacked = Some(MultiGzDecoder::new(Counter::default()));
        }
        self.size = self.size.saturating_add(bytes.len() as u64);
        if self.size > self.cap {
            return Err(ShelfError::TooLarge);
        }
        self.hash.update(bytes);
        self.unpack(bytes)?;
        while !bytes.is_empty() {
            let room = PART.saturating_sub(self.part.len()).min(bytes.len());
            let (now, rest) = bytes.split_at(room);
            self.part.extend_from_slice(now);
            bytes = rest;
            if self.part.len() >= PART {
                self.flush().await?;
            }
        }
        Ok(())
    }

    /// INVARIANT: at most 100 times what came is unpacked before a file is refused. Broken gzip is kept as it is: reading it says so.
    fn unpack(&mut self, bytes: &[u8]) -> Result<(), ShelfError> {
        let Some(decoder) = &mut self.unpacked else {
            return Ok(());
        };
        let mut broken = false;
        for piece in bytes.chunks(4 * 1024) {
            broken |= decoder.write_all(piece).is_err();
            let most = self.size.saturating_mul(RATIO_CAP).saturating_add(FREE);
            if decoder.get_ref().0 > most {
                return Err(ShelfError::Bomb);
            }
        }
        if broken {
            self.unpacked = None;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), ShelfError> {
        let client = self.pool.get().await?;
        files::append(&client, self.book, self.upload, self.parts, &self.part).await?;
        self.parts = self.parts.saturating_add(1);
        self.part.clear();
        Ok(())
    }

    /// Forgets what came.
    pub async fn drop_all(self) -> Result<(), ShelfError> {
        let client = self.pool.get().await?;
        files::drop_parts(&client, self.book, self.upload).await?;
        Ok(())
    }

    /// Ends: the file is kept, once for each digest. True when it is new.
    pub async fn end(mut self, name: &str, media_type: &str, by: &Actor) -> Result<(File, bool), ShelfError> {
        if self.size == 0 {
            return Err(ShelfError::Empty);
        }
        if !self.part.is_empty() {
            self.flush().await?;
        }
        let file = File {
            digest: self.hash.finalize().to_vec(),
            upload: self.upload,
            size: i64::try_from(self.size).unwrap_or(i64::MAX),
            name: name.to_owned(),
            media_type: media_type.to_owned(),
        };
        let client = self.pool.get().await?;
        if files::add(&client, self.book, &file, &actor_text(by)).await? {
            return Ok((file, true));
        }
        let kept = files::find(&client, self.book, &file.digest).await?;
        Ok((kept.unwrap_or(file), false))
    }
}

/// Keeps a file of this machine, however large; one that is kept already is only read.
pub async fn keep_path(pool: &Pool, book: BookId, path: &Path, by: &Actor) -> Result<File, ImportError> {
    let (digest, _) = super::source::digest(path)?;
    let client = pool.get().await?;
    if let Some(file) = files::find(&client, book, &digest).await? {
        return Ok(file);
    }
    drop(client);
    let failed = |source| SourceError::Io {
        path: path.to_owned(),
        source,
    };
    let mut input = BufReader::with_capacity(PART, std::fs::File::open(path).map_err(failed)?);
    let mut arriving = Arriving::begin(pool, book, u64::MAX).await.map_err(as_import)?;
    loop {
        let read = {
            let bytes = input.fill_buf().map_err(failed)?;
            arriving.take(bytes).await.map_err(as_import)?;
            bytes.len()
        };
        if read == 0 {
            break;
        }
        input.consume(read);
    }
    let name = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let (file, _) = arriving
        .end(&name, "application/octet-stream", by)
        .await
        .map_err(as_import)?;
    Ok(file)
}

fn as_import(error: ShelfError) -> ImportError {
    match error {
        ShelfError::Store(error) => error.into(),
        ShelfError::Pool(error) => error.into(),
        ShelfError::TooLarge | ShelfError::Bomb | ShelfError::Empty => ImportError::Source(SourceError::Io {
            path: std::path::PathBuf::new(),
            source: io::Error::other(error.to_string()),
        }),
    }
}
