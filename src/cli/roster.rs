//! `roster`: an agency's own file of anchors becomes parties, contracts and placements.
//! Must never change anything with `--check`, nor anything of a row that has a problem.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use chrono::Utc;
use clap::{Args, ValueEnum};

use super::books;
use super::database::{Where, block_on};
use super::fail::Failure;
use crate::base::{BookId, ExternalId, Instant, Zone};
use crate::domain::book::Perspective;
use crate::domain::command::Actor;
use crate::engine::Engine;
use crate::intake::RowFault;
use crate::intake::roster::{self, Frame, Outcome, Planned, Row, SAMPLE, Standing, What, column};
use crate::money::Currency;
use crate::report::{Cell, Table};
use crate::store;

/// Reads one file (CSV or XLSX, UTF-8 or GBK) of anchors with their contracts, platform accounts, PIDs and nicks, and
/// registers what the book does not have yet. The same file twice changes nothing. A row with a problem is told by row and
/// column and left out; the others stand. The book is opened as an agency's if it does not exist.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Roster {
    /// The file.
    #[arg(required_unless_present = "sample")]
    file: Option<PathBuf>,
    /// Into which book: its id, or a name (opened if it does not exist).
    #[arg(long, required_unless_present = "sample")]
    book: Option<String>,
    /// Reads the whole file, says what would be done, and changes nothing.
    #[arg(long)]
    check: bool,
    /// Prints a small generated roster to begin with.
    #[arg(long, conflicts_with_all = ["file", "book", "check"])]
    sample: bool,
    /// Whose books a new book is.
    #[arg(long, value_enum, default_value = "agency")]
    perspective: View,
    /// The agency whose books these are, by its number. Default: of a new agency's book, the only agency of the file.
    #[arg(long)]
    owner: Option<ExternalId>,
    /// Writes every problem as CSV.
    #[arg(long, value_name = "FILE")]
    problems: Option<PathBuf>,
    #[command(flatten)]
    place: Where,
}

const EXAMPLES: &str = "\
Examples:
  fenzhang roster --sample > roster.csv          a generated roster to fill in
  fenzhang roster roster.csv --book mcn --check  what would be done, and what is wrong by row and column
  fenzhang roster roster.csv --book mcn

Columns, in any order; those not used may be left out:
  number 主播编号, name 主播姓名, kind 类型 (anchor, promoter), agency 机构编号, agency_name 机构名称
  agency_share 机构分成比例 or anchor_share 主播分成比例: 30% or 0.3
  agency_share_percent 机构分成% or anchor_share_percent 主播分成%: 30
  receiver 收款方: whom the platform pays (book 本账套, agency 机构, anchor 主播, each 各自)
  from 合同开始, to 合同结束: days, both included; open when empty or 长期
  platform 平台, account 平台账号, pid 推广位, nick 昵称, room 直播间: several with ; between them
  placement_from 推广位启用, placement_to 推广位停用: where these days are not the contract's
A change of terms is two rows of one number: the old terms with their last day, the new ones from the day after.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum View {
    Agency,
    Platform,
    Brand,
}

/// Rows of a roster at most.
const MOST: usize = 100_000;
/// Problems printed at most.
const PRINTED: usize = 50;

/// What a row or a refusal says.
struct Wrong {
    row: u64,
    column: String,
    code: &'static str,
    message: String,
}

impl Roster {
    pub(super) fn run(self) -> Result<(), Failure> {
        if self.sample {
            std::io::stdout().write_all(SAMPLE.as_bytes())?;
            return Ok(());
        }
        let (Some(file), Some(name)) = (&self.file, &self.book) else {
            return Err(Failure::usage("name a file and --book"));
        };
        let (mut rows, mut wrong) = (Vec::new(), Vec::new());
        roster::read(file, |row, read| match read {
            Ok(read) => rows.push(read),
            Err(faults) => wrong.extend(faults.into_iter().map(|fault| of_cell(row, fault))),
        })?;
        if rows.len() > MOST {
            return Err(Failure::usage(format!("more than {MOST} rows")).next("split the file"));
        }
        let database = self.place.open()?;
        let book = books::id_of(name);
        block_on(async {
            let engine = database.engine(false, false).await?;
            let done = self.bring(&engine, book, name, (&rows, wrong)).await;
            engine.stop().await;
            done
        })
    }

    async fn bring(
        &self,
        engine: &Engine,
        book: BookId,
        name: &str,
        (rows, mut wrong): (&[Row], Vec<Wrong>),
    ) -> Result<(), Failure> {
        let new = books::New {
            name,
            perspective: match self.perspective {
                View::Agency => Perspective::Agency,
                View::Platform => Perspective::Platform,
                View::Brand => Perspective::Brand,
            },
            zone: Zone::SHANGHAI,
            currencies: vec![Currency::CNY],
        };
        let opened = !self.check && books::open(engine, book, new).await?;
        if opened {
            println!("opened the book {name:?} as {book}");
        }
        let mut frame = Frame {
            book,
            zone: Zone::SHANGHAI,
            now: Instant::from_utc(Utc::now()),
            owner: self.owner.clone(),
            of_agency: self.perspective == View::Agency,
            new_book: opened,
        };
        let mut standing = Standing::default();
        let client = engine.pool().get().await?;
        if let Some(logs) = store::books::of_book(&client, book).await? {
            standing = roster::standing(&client, book, logs.money, rows).await?;
            if let Some(opened) = &standing.opened {
                frame.zone = opened.zone;
                frame.of_agency = opened.perspective == Perspective::Agency;
            }
        } else {
            println!("there is no book {name:?} yet: it would be opened");
            frame.new_book = true;
        }
        drop(client);
        let planned = roster::plan(&frame, rows, &mut standing);
        wrong.extend(planned.problems.iter().map(|problem| Wrong {
            row: problem.row,
            column: column(problem.column),
            code: problem.code,
            message: problem.message.clone(),
        }));
        let outcome = match self.check {
            true => Outcome::planned(&planned.steps),
            false => roster::tell(engine, book, &Actor::SYSTEM, planned.steps.clone()).await?,
        };
        // Orders that waited for these placements are released before anybody looks at them.
        if !self.check && outcome.done.contains_key(&What::Placement) {
            engine.release_waiting().await?;
        }
        wrong.extend(outcome.refused.iter().map(|(row, code, message)| Wrong {
            row: *row,
            column: String::new(),
            code,
            message: message.clone(),
        }));
        wrong.sort_by_key(|wrong| wrong.row);
        self.print(rows.len(), &planned, &outcome, wrong.is_empty());
        self.complain(&wrong)
    }

    fn print(&self, rows: usize, planned: &Planned, outcome: &Outcome, fine: bool) {
        let done = if self.check { "would be new" } else { "new" };
        let mut table = Table::new(format!("Roster 主播名册, {rows} rows read"), &["what", "new", "known"]);
        if let Some(head) = table.columns.get_mut(1) {
            *head = done.into();
        }
        for what in What::ALL {
            let count = |of: &std::collections::HashMap<What, u64>| of.get(&what).copied().unwrap_or_default();
            let (new, known) = (count(&outcome.done), count(&planned.known));
            if new + known > 0 {
                let cell = |number: u64| Cell::Number(number.to_string());
                table.push([what.word().into(), cell(new), cell(known)]);
            }
        }
        print!("{}", table.text());
        if self.check {
            println!("checked; nothing was changed");
        } else if outcome.done.is_empty() && fine {
            println!("nothing was changed: the book has all of this already");
        }
    }

    fn complain(&self, wrong: &[Wrong]) -> Result<(), Failure> {
        if let Some(path) = &self.problems {
            let mut table = Table::new("", &["row", "column", "code", "message"]);
            for wrong in wrong {
                let row = Cell::Number(wrong.row.to_string());
                table.push([
                    row,
                    wrong.column.clone().into(),
                    wrong.code.into(),
                    wrong.message.clone().into(),
                ]);
            }
            crate::report::write_csv(&table, BufWriter::new(File::create(path)?))?;
        }
        if wrong.is_empty() {
            return Ok(());
        }
        for wrong in wrong.iter().take(PRINTED) {
            let comma = if wrong.column.is_empty() { "" } else { ", " };
            let Wrong {
                row,
                column,
                code,
                message,
            } = wrong;
            println!("row {row}{comma}{column}: {message} ({code})");
        }
        let mut rows: Vec<u64> = wrong.iter().map(|wrong| wrong.row).collect();
        rows.dedup();
        let more = wrong.len().saturating_sub(PRINTED);
        let more = if more > 0 {
            format!(" ({more} more problems in --problems FILE)")
        } else {
            String::new()
        };
        let many = match rows.len() {
            1 => "1 row".to_owned(),
            number => format!("{number} rows"),
        };
        let sentence = match self.check {
            true => format!("problems in {many}{more}"),
            false => format!("left out {many} with problems{more}; the others stand"),
        };
        Err(Failure::new(sentence)
            .next("mend these rows and run the same command again: what stands is not told twice"))
    }
}

fn of_cell(row: u64, fault: RowFault) -> Wrong {
    Wrong {
        row,
        column: fault.column.as_deref().map(column).unwrap_or_default(),
        code: fault.code,
        message: fault.message,
    }
}
