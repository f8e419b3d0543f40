//! `migrate`: the schema is brought up to date, or shown.
//! Must never step back.

use clap::{Args, Subcommand};

use super::database::{Where, block_on};
use super::fail::Failure;
use crate::store::connect::{TakeRole, connect};
use crate::store::migrate;

/// Brings the database schema up to date. Run it as the owner of the database; `serve` then runs as the role it makes.
#[derive(Args, Debug)]
pub(super) struct Migrate {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    place: Where,
}

#[derive(Subcommand, Debug, Clone, Copy)]
enum What {
    /// Applies what is pending (also without a word).
    Up,
    /// Lists every migration and when it was applied.
    Status,
}

impl Migrate {
    pub(super) fn run(self) -> Result<(), Failure> {
        let database = self.place.open()?;
        block_on(async {
            match self.what.unwrap_or(What::Up) {
                What::Up => {
                    let applied = database.migrate().await?;
                    match applied.last() {
                        Some(last) => println!("applied {} migrations; the schema is at version {last}", applied.len()),
                        None => println!("nothing to do: the schema is up to date"),
                    }
                }
                What::Status => {
                    let client = connect(database.url(), TakeRole::Login).await?;
                    for file in migrate::status(&client).await? {
                        let applied = file.applied_at.map_or("pending".to_owned(), |at| at.to_rfc3339());
                        println!("V{} {} {applied}", file.version, file.name);
                    }
                }
            }
            Ok(())
        })
    }
}
