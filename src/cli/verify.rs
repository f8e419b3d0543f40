//! `verify`: the log against its own rules, and everything derived from it against a fold of it.
//! Must never repair anything.

use clap::Args;

use super::books;
use super::database::{Where, block_on};
use super::fail::Failure;
use crate::base::LogId;
use crate::store::connect::{TakeRole, connect};
use crate::store::verify::verify;

/// Checks positions, versions, times, payloads, the hash tree, legs, running balances, totals and read rows on one snapshot,
/// while writers go on. Exit code 3 when something is wrong.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fenzhang verify                    the only book
  fenzhang verify --book sample      its money log and its click logs")]
pub(super) struct Verify {
    /// Of which book.
    #[arg(long)]
    book: Option<String>,
    #[command(flatten)]
    place: Where,
}

impl Verify {
    pub(super) fn run(self) -> Result<(), Failure> {
        let database = self.place.open()?;
        block_on(async {
            let client = database.client().await?;
            let logs = books::find(&client, self.book.as_deref()).await?;
            drop(client);
            let mut client = connect(database.url(), TakeRole::Login).await?;
            let mut wrong: u64 = 0;
            for (name, log) in named(&logs) {
                let report = verify(&mut client, log).await?;
                let verdict = if report.findings.is_empty() { "good" } else { "WRONG" };
                println!(
                    "{name} {log}: {verdict}, {} events, {} derived rows compared, root {}",
                    report.position, report.rows, report.root
                );
                for (class, count, first) in report.findings.iter() {
                    println!("  {class}: {count}, first: {first}");
                    wrong = wrong.saturating_add(count);
                }
            }
            if wrong > 0 {
                return Err(Failure::difference(format!("{wrong} findings")).next(
                    "derived rows (legs, totals, read_rows …) are replaced by `fenzhang rebuild --repair`; for findings in \
                     the log itself restore a backup",
                ));
            }
            Ok(())
        })
    }
}

/// The logs of a book with their names.
pub(super) fn named(logs: &crate::store::books::BookLogs) -> Vec<(String, LogId)> {
    let clicks = logs.clicks.iter().enumerate();
    let clicks = clicks.map(|(index, log)| (format!("click log {}", index + 1), *log));
    std::iter::once(("money log".to_owned(), logs.money))
        .chain(clicks)
        .collect()
}
