//! Rows of a file, mapped, in bundles: read on a thread of its own, from a path or from the file store.
//! Must never hold more than a few bundles, whatever the file, nor forget a row: what is not told is kept with its reason.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use deadpool_postgres::Pool;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::emit::{Cash, Emitted, RowFault, Taken, Told};
use super::import::{ImportError, Note, Pass, Progress, Watch};
use super::plan::{Cells, Plan};
use super::repeats::{Look, REPEATED, Repeats, SUPPLIER_DIFFERS};
use super::source::{Next, Rows};
use super::tally::Tally;
use crate::base::{BookId, Instant, Zone};
use crate::domain::order::{LineFact, What};
use crate::store::files;

/// Clicks or facts of one bundle.
pub(super) const TOLD: usize = 500;
/// Rows of one bundle, when they tell little.
const ROWS: usize = 1_000;
/// Bytes of raw rows of one bundle.
const BYTES: usize = 1024 * 1024;
/// How often a part is asked for again when the database does not answer.
const TRIES: u32 = 10;
/// Bundles that wait between the thread and the engine.
const WAITING: usize = 2;
/// Rows without a number whose occurrences can be told apart: bounds the memory of an import.
const COUNTED_ROWS: usize = 4_000_000;

/// Where the bytes of an import are.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A file of this machine.
    Path(PathBuf),
    /// A file of the book's own store.
    Kept {
        /// Connections to it.
        pool: Pool,
        /// Whose.
        book: BookId,
        /// Under which upload.
        upload: Uuid,
        /// As the file was called.
        name: String,
    },
}

impl Origin {
    /// Reads the header. A kept file is fetched part by part: call it on a thread that may wait, inside a runtime.
    pub fn open(&self, plan: &Plan) -> Result<Rows, ImportError> {
        Ok(match self {
            Origin::Path(path) => Rows::open(path, plan)?,
            Origin::Kept {
                pool,
                book,
                upload,
                name,
            } => {
                let parts = Parts {
                    runtime: Handle::current(),
                    pool: pool.clone(),
                    book: *book,
                    upload: *upload,
                    next: 0,
                    part: bytes::Bytes::new(),
                    ended: false,
                };
                Rows::read(Path::new(name), Box::new(parts), plan)?
            }
        })
    }
}

/// The bytes of a kept file, one part in memory.
struct Parts {
    runtime: Handle,
    pool: Pool,
    book: BookId,
    upload: Uuid,
    next: i32,
    part: bytes::Bytes,
    ended: bool,
}

impl Parts {
    async fn fetch(&self) -> io::Result<Option<bytes::Bytes>> {
        let client = self.pool.get().await.map_err(io::Error::other)?;
        let part = files::part(&client, self.book, self.upload, self.next).await;
        part.map_err(io::Error::other)
    }
}

impl BufRead for Parts {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.part.is_empty() && !self.ended {
            let fetch = async {
                let mut tries = 0;
                loop {
                    let part = self.fetch().await;
                    if part.is_ok() || tries >= TRIES {
                        return part;
                    }
                    tries += 1;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            };
            match self.runtime.block_on(fetch)? {
                Some(part) => {
                    self.next = self.next.saturating_add(1);
                    self.part = part;
                }
                None => self.ended = true,
            }
        }
        Ok(&self.part)
    }

    fn consume(&mut self, used: usize) {
        let used = used.min(self.part.len());
        drop(self.part.split_to(used));
    }
}

impl Read for Parts {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let taken = ready.len().min(buffer.len());
        buffer
            .iter_mut()
            .zip(ready.iter().take(taken))
            .for_each(|(to, from)| *to = *from);
        self.consume(taken);
        Ok(taken)
    }
}

/// A row as it came, and what was made of it before it was told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawRow {
    /// Number, from 1.
    pub number: u64,
    /// As it stands in the file, as UTF-8.
    pub raw: Vec<u8>,
    /// told, left_out or rejected.
    pub state: &'static str,
    /// Reason or code.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

/// Rows that travel together.
#[derive(Debug, Default)]
pub struct Bundle {
    /// Rows as they came; empty in a pass that does not count rows.
    pub rows: Vec<RawRow>,
    /// What they tell in this pass, with the row's number.
    pub told: Vec<(u64, Told)>,
    /// Business days: platform, account, day.
    pub days: BTreeMap<(String, String, NaiveDate), i64>,
    /// Number of the last row.
    pub last: u64,
    /// Bytes of the file read by then.
    pub bytes: u64,
    size: usize,
}

impl Bundle {
    fn is_full(&self) -> bool {
        self.told.len() >= TOLD || self.rows.len() >= ROWS || self.size >= BYTES
    }
}

/// One pass over a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// Which.
    pub pass: Pass,
    /// It counts rows and keeps them.
    pub first: bool,
    /// Rows up to this one were told by an earlier run.
    pub skip: u64,
}

/// Rows of one pass, mapped.
pub(super) struct Reader<'a> {
    plan: &'a Plan,
    book: BookId,
    rows: Rows,
    cells: Cells,
    seen: HashMap<u64, u32>,
    repeats: Repeats,
    /// What the row read last tells.
    pub out: Emitted,
    pass: Pass,
}

/// What became of a row before it was told.
pub(super) enum Read1 {
    Told,
    LeftOut(String),
    Rejected(RowFault),
}

impl<'a> Reader<'a> {
    pub(super) fn new(rows: Rows, plan: &'a Plan, book: BookId, pass: Pass) -> Reader<'a> {
        Reader {
            plan,
            book,
            rows,
            cells: Cells::default(),
            seen: HashMap::new(),
            repeats: Repeats::default(),
            out: Emitted::default(),
            pass,
        }
    }

    /// Maps the next row into `out`; none at the end. With `tally` it is counted.
    pub(super) fn next(&mut self, tally: Option<&mut Tally>) -> Result<Option<Read1>, ImportError> {
        self.out.told.clear();
        let fault = match self.rows.next(&mut self.cells)? {
            Next::End => return Ok(None),
            Next::Bad(fault) => fault,
            Next::Row => {
                let mut ordinal = 1;
                if self.plan.counts(&self.cells) {
                    if self.seen.len() >= COUNTED_ROWS {
                        return Err(ImportError::TooManyUnnumbered);
                    }
                    let times = self.seen.entry(self.cells.row_hash).or_insert(0);
                    *times = times.saturating_add(1);
                    ordinal = *times;
                }
                let taken = self.plan.row(self.book, &self.cells, ordinal, &mut self.out);
                let looked = taken.map(|taken| (taken, self.repeats.look(&mut self.out.told)));
                if self.repeats.len() >= COUNTED_ROWS {
                    return Err(ImportError::TooManyUnnumbered);
                }
                match looked {
                    Ok((_, Look::Differs(fault))) | Err(fault) => fault,
                    Ok((taken, look)) => {
                        let taken = if look == Look::Repeated {
                            self.out.told.clear();
                            Taken::Ignored(REPEATED)
                        } else {
                            taken
                        };
                        if let Some(tally) = tally {
                            count(tally, taken, &self.out);
                            if look == Look::First(true) {
                                tally.rule(SUPPLIER_DIFFERS);
                            }
                        }
                        return Ok(Some(match taken {
                            Taken::Told => Read1::Told,
                            Taken::Ignored(reason) => Read1::LeftOut(reason.to_owned()),
                        }));
                    }
                }
            }
        };
        self.out.told.clear();
        if let Some(tally) = tally {
            tally.rejected(self.rows.number(), fault.clone());
        }
        Ok(Some(Read1::Rejected(fault)))
    }

    /// The movement of cash that the row read last is, if it is one.
    pub(super) fn cash(&self) -> Result<Option<Cash>, RowFault> {
        self.plan.cash(self.book, &self.cells)
    }

    pub(super) fn progress(&self) -> Progress {
        Progress {
            pass: self.pass,
            rows: self.rows.number(),
            bytes: self.rows.bytes(),
        }
    }

    /// The row read last as it stands in the file.
    pub(super) fn raw(&self) -> Cow<'_, str> {
        self.rows.raw()
    }
}

fn count(tally: &mut Tally, taken: Taken<'_>, out: &Emitted) {
    tally.row(taken, &out.figures);
    for told in &out.told {
        if let Told::Offer(offer) = told {
            tally.offer(offer);
        }
        tally.told(match told {
            Told::Click(_) => "click",
            Told::Fact(fact) => fact.what.kind(),
            Told::Return(_) => crate::domain::returns::TOLD,
            Told::Receipt(_) => "receipt.recorded",
            Told::Offer(_) => "offer",
        });
    }
}

/// Reads the whole file and changes nothing.
pub(super) fn check(origin: &Origin, plan: &Plan, book: BookId, watch: &mut Watch<'_>) -> Result<Tally, ImportError> {
    let mut reader = Reader::new(origin.open(plan)?, plan, book, Pass::Clicks);
    let mut tally = Tally::default();
    while let Some(read) = reader.next(Some(&mut tally))? {
        let at = reader.progress();
        if let Read1::Rejected(fault) = read {
            (watch.note)(Note {
                row: at.rows,
                what: "rejected",
                code: fault.code,
                message: &fault.to_string(),
            });
        }
        if at.rows.is_multiple_of(500) {
            (watch.progress)(at);
        }
    }
    Ok(tally)
}

/// Reads a pass on a thread of its own. The last word is the tally of the rows, whole for a pass that counts.
pub(super) fn spawn(
    origin: Origin,
    plan: Arc<Plan>,
    book: BookId,
    reading: Reading,
) -> (
    mpsc::Receiver<Bundle>,
    tokio::task::JoinHandle<Result<Tally, ImportError>>,
) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let thread = tokio::task::spawn_blocking(move || read(&origin, &plan, book, reading, &sender));
    (receiver, thread)
}

fn read(
    origin: &Origin,
    plan: &Plan,
    book: BookId,
    reading: Reading,
    sender: &mpsc::Sender<Bundle>,
) -> Result<Tally, ImportError> {
    let mut reader = Reader::new(origin.open(plan)?, plan, book, reading.pass);
    let mut tally = Tally::default();
    let mut bundle = Bundle::default();
    while let Some(read) = reader.next(reading.first.then_some(&mut tally))? {
        let at = reader.progress();
        (bundle.last, bundle.bytes) = (at.rows, at.bytes);
        if at.rows > reading.skip {
            take(&mut bundle, reading, &mut reader, read, plan.source.zone);
        }
        if bundle.is_full() && sender.blocking_send(std::mem::take(&mut bundle)).is_err() {
            // Nobody listens any more: the run ended before the file.
            return Ok(tally);
        }
    }
    let at = reader.progress();
    (bundle.last, bundle.bytes) = (at.rows, at.bytes);
    let _ = sender.blocking_send(bundle);
    Ok(tally)
}

fn take(bundle: &mut Bundle, reading: Reading, reader: &mut Reader<'_>, read: Read1, zone: Zone) {
    let number = bundle.last;
    if reading.first {
        if let Some(day) = day_of(&reader.out.told, zone) {
            *bundle.days.entry(day).or_default() += 1;
        }
        let raw = reader.raw().into_owned().into_bytes();
        bundle.size += raw.len();
        let (state, code, message) = match read {
            Read1::Told => ("told", String::new(), String::new()),
            Read1::LeftOut(reason) => ("left_out", reason, String::new()),
            Read1::Rejected(fault) => ("rejected", fault.code.to_owned(), fault.to_string()),
        };
        bundle.rows.push(RawRow {
            number,
            raw,
            state,
            code,
            message: message.replace('\0', "\u{fffd}"),
        });
    }
    for told in reader.out.told.drain(..) {
        let wanted = matches!(
            (reading.pass, &told),
            (Pass::Clicks, Told::Click(_))
                | (
                    Pass::Facts,
                    Told::Fact(_) | Told::Return(_) | Told::Receipt(_) | Told::Offer(_)
                )
        );
        if wanted {
            bundle.told.push((number, told));
        }
    }
}

/// The business day that a row belongs to, and what it was reported to: the earliest time of its order, or the time of the
/// movement.
fn day_of(told: &[Told], zone: Zone) -> Option<(String, String, NaiveDate)> {
    if let Some(Told::Receipt(receipt)) = told.first() {
        let account = receipt.account.as_ref().map_or("", |account| account.as_str());
        return Some((
            receipt.source.as_str().to_owned(),
            account.to_owned(),
            zone.day(receipt.at),
        ));
    }
    let facts = || {
        told.iter().filter_map(|told| match told {
            Told::Fact(fact) => Some(fact.as_ref()),
            Told::Click(_) | Told::Return(_) | Told::Receipt(_) | Told::Offer(_) => None,
        })
    };
    let Some(first) = facts().next() else {
        return told.iter().find_map(|told| match told {
            Told::Return(back) => Some((back.platform.as_str().to_owned(), String::new(), zone.day(back.at))),
            Told::Click(_) | Told::Fact(_) | Told::Receipt(_) | Told::Offer(_) => None,
        });
    };
    let at = facts().map(order_time).min()?;
    let account = first.about.account.as_ref().map_or("", |account| account.as_str());
    Some((first.platform.as_str().to_owned(), account.to_owned(), zone.day(at)))
}

fn order_time(fact: &LineFact) -> Instant {
    let created = match &fact.what {
        What::Snapshot(row) => [row.created_at, row.paid_at].into_iter().flatten().min(),
        _ => None,
    };
    fact.about.ordered_at.or(created).unwrap_or(fact.at)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::intake::source::ROW_LIMIT;

    /// What travels is bounded by rows and bytes, whatever the file: at most `WAITING` bundles wait, one is made, and a few are
    /// on their way.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_bundle_holds_a_bounded_part_of_any_file_and_no_row_is_lost() {
        let path = std::env::temp_dir().join(format!("fenzhang-reader-{}.csv", Uuid::now_v7()));
        let mut file = std::fs::File::create(&path).unwrap();
        writeln!(file, "platform,line_no,fact,at,currency,reason").unwrap();
        let long = "x".repeat(3_000);
        for row in 0..5_000 {
            // Every third row says nothing, every fifth is long.
            let fact = if row % 3 == 0 { "nothing" } else { "closed" };
            let reason = if row % 5 == 0 { &long } else { "y" };
            writeln!(file, "p,{row},{fact},2026-05-01T00:00:00Z,CNY,{reason}").unwrap();
        }
        drop(file);
        let plan = Plan::parse(crate::intake::ready::find("generic-orders").unwrap()).unwrap();
        let reading = Reading {
            pass: Pass::Facts,
            first: true,
            skip: 10,
        };
        let (mut bundles, thread) = spawn(Origin::Path(path.clone()), Arc::new(plan), BookId(Uuid::nil()), reading);
        assert!(bundles.max_capacity() <= 2);
        let (mut rows, mut days) = (Vec::new(), 0);
        while let Some(bundle) = bundles.recv().await {
            assert!(bundle.rows.len() <= ROWS && bundle.told.len() <= TOLD);
            assert!(bundle.rows.iter().map(|row| row.raw.len()).sum::<usize>() <= BYTES + ROW_LIMIT);
            days += bundle.days.values().sum::<i64>();
            rows.extend(bundle.rows.iter().map(|row| row.number));
        }
        let tally = thread.await.unwrap().unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(rows, (11..=5_000).collect::<Vec<u64>>());
        assert_eq!((tally.rows, tally.rejected_rows()), (5_000, 1_667));
        assert_eq!(days, rows.iter().filter(|row| (*row - 1) % 3 != 0).count() as i64);
    }
}
