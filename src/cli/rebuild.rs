//! `rebuild`: folds a log from its first event and compares what comes out with the live rows; with `--repair` replaces them.
//! Must never change the log's events; a repair is an event of its own.

use clap::Args;

use super::books;
use super::database::{Where, block_on};
use super::fail::Failure;
use super::verify::named;
use crate::domain::command::Command;
use crate::engine::Meta;
use crate::store::connect::{TakeRole, connect};
use crate::store::rebuild::rebuild;

/// Folds the log to its head into a shadow and compares digests with the live rows. Equal: says so. Different: exit code 3 with
/// the first differing rows.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fenzhang rebuild --book sample             compares, changes nothing
  fenzhang rebuild --book sample --repair    replaces the derived rows in one transaction; writers wait")]
pub(super) struct Rebuild {
    /// Of which book.
    #[arg(long)]
    book: Option<String>,
    /// Replaces the derived rows where they differ.
    #[arg(long)]
    repair: bool,
    #[command(flatten)]
    place: Where,
}

impl Rebuild {
    pub(super) fn run(self) -> Result<(), Failure> {
        let database = self.place.open()?;
        block_on(async {
            let client = database.client().await?;
            let logs = books::find(&client, self.book.as_deref()).await?;
            drop(client);
            let mut client = connect(database.url(), TakeRole::Login).await?;
            let mut different = false;
            for (name, log) in named(&logs) {
                let rebuilt = rebuild(&mut client, log, self.repair).await?;
                let comparison = &rebuilt.comparison;
                let equal = comparison.differences.is_empty();
                let verdict = match (equal, rebuilt.repaired) {
                    (true, _) => "equal",
                    (false, true) => "REPAIRED",
                    (false, false) => "DIFFERENT",
                };
                println!(
                    "{name} {log}: {verdict} at position {}, {} derived rows, digest {}",
                    rebuilt.position, comparison.rows, comparison.due
                );
                for difference in &comparison.differences {
                    println!(
                        "  {}: {} rows missing, {} rows too many",
                        difference.table, difference.missing, difference.extra
                    );
                    for (word, row) in [
                        ("missing", &difference.first_missing),
                        ("too many", &difference.first_extra),
                    ] {
                        if let Some(row) = row {
                            println!("    first {word}: {row}");
                        }
                    }
                }
                different |= !equal && !rebuilt.repaired;
                if rebuilt.repaired {
                    let note = Command::NoteRepair {
                        before: comparison.live.to_string(),
                        after: comparison.due.to_string(),
                    };
                    let engine = database.engine(false, true).await?;
                    let noted = engine.submit(logs.book, note, Meta::system("rebuild")).await;
                    engine.stop().await;
                    noted.map_err(|error| Failure::new(format!("the repair stands, but was not noted: {error}")))?;
                }
            }
            if different {
                return Err(Failure::difference("the live rows are not what the log gives")
                    .next("`fenzhang rebuild --repair` replaces them"));
            }
            Ok(())
        })
    }
}
