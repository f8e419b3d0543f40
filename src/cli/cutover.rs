//! `cutover`: balances and unsettled lines of other books, asked for by one person, approved by a second one.
//! Must never post without approval, nor bring over lines of another file than the one that was agreed to.

use std::path::{Path, PathBuf};

use clap::Args;

use super::books;
use super::database::{Database, Where, block_on};
use super::fail::Failure;
use crate::access::{Grant, KeyText, Keyring, Method, Principal, table};
use crate::base::{ApprovalId, CutoverId, ExternalId, Instant, LogId};
use crate::domain::command::{Command, Pending, Verdict};
use crate::domain::cutover::{LinesNamed, Opening, Scope};
use crate::domain::order::{FactState, LineFact};
use crate::engine::{Engine, Lane, Meta};
use crate::intake::opening::{self, BalanceRow, Frame, Parties};
use crate::intake::{RowFault, source};
use crate::report::{self, At, Cell, Page, Table, Viewer};
use crate::store::books::BookLogs;

/// Begins a book in the middle of a year: opening balances, advances, income and tax of the year so far, and lines that
/// were sold before and settle here. The layouts of the two files stand at the head of src/intake/opening.rs.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples, in order:
  fenzhang cutover --date 2026-06-01 --balances opening.csv --lines unsettled.csv --book shop --check
  fenzhang cutover --date 2026-06-01 --balances opening.csv --lines unsettled.csv --book shop --key fz_live_…
                                       asks; prints the number of the approval
  fenzhang cutover --approve apr_… --book shop --key fz_live_…       a second person's key
  fenzhang cutover --cutover cut_… --lines unsettled.csv --book shop --key fz_live_…
                                       brings the lines over, once they were agreed to
  fenzhang report cutover --book shop  what is still to be brought over")]
pub(super) struct Cutover {
    /// First day of these books; begins a cut-over.
    #[arg(long)]
    date: Option<chrono::NaiveDate>,
    /// Only for this platform.
    #[arg(long)]
    platform: Option<ExternalId>,
    /// Only for this account of the platform.
    #[arg(long)]
    account: Option<ExternalId>,
    /// A cut-over that was approved: a further opening of it, or its lines.
    #[arg(long, conflicts_with = "date")]
    cutover: Option<CutoverId>,
    /// File of balances.
    #[arg(long)]
    balances: Option<PathBuf>,
    /// File of unsettled lines.
    #[arg(long)]
    lines: Option<PathBuf>,
    /// Why, or where it comes from.
    #[arg(long, default_value = "balances of the books before")]
    reason: String,
    /// Approves what waits.
    #[arg(long)]
    approve: Option<ApprovalId>,
    /// Reads the files and changes nothing.
    #[arg(long)]
    check: bool,
    /// The key of who asks or approves; an owner's or one of finance.
    #[arg(long, env = "FENZHANG_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Of which book.
    #[arg(long)]
    book: Option<String>,
    #[command(flatten)]
    place: Where,
}

/// Facts of one command.
const CHUNK: usize = 500;
/// Faults printed at most.
const PRINTED: usize = 50;

/// What was read of the files.
#[derive(Default)]
struct Files {
    opening: Opening,
    facts: Vec<LineFact>,
    faults: Vec<(&'static str, u64, RowFault)>,
}

impl Cutover {
    pub(super) fn run(self) -> Result<(), Failure> {
        let database = self.place.open()?;
        block_on(self.go(&database))
    }

    async fn go(&self, database: &Database) -> Result<(), Failure> {
        let engine = database.engine(false, false).await?;
        let client = engine.pool().get().await?;
        let logs = books::find(&client, self.book.as_deref()).await?;
        let done = self.with(&engine, &client, &logs).await;
        engine.stop().await;
        done
    }

    async fn with(&self, engine: &Engine, client: &tokio_postgres::Client, logs: &BookLogs) -> Result<(), Failure> {
        if let Some(approval) = self.approve {
            let command = Command::DecideApproval {
                approval,
                verdict: Verdict::Approve,
                remark: None,
                on_behalf_of: None,
            };
            let who = self.who(engine, logs).await?;
            let answer = engine.submit(logs.book, command, meta(&who)).await?;
            for (name, id) in &answer.made.ids {
                println!("{name} {id}");
            }
            return Ok(());
        }
        let known = report::cutovers(client, logs.money, Viewer::All, At::Now).await?;
        let zone = known.zone;
        let at = match (self.date, self.cutover) {
            (Some(date), _) => zone.midnight(date),
            (None, Some(id)) => known
                .cutovers
                .iter()
                .find(|known| known.cutover == id)
                .map(|known| known.at)
                .ok_or_else(|| Failure::usage(format!("there is no cut-over {id}")))?,
            (None, None) => return Err(Failure::usage("give --date of a new cut-over, or --cutover")),
        };
        let parties = parties(client, logs.money).await?;
        let frame = Frame {
            book: logs.book,
            zone,
            parties: &parties,
        };
        let files = self.read(&frame, at)?;
        self.tell(&files);
        if !files.faults.is_empty() {
            return Err(Failure::new("nothing was changed: correct the rows above first"));
        }
        if self.check {
            println!("checked; nothing was changed");
            return Ok(());
        }
        let who = self.who(engine, logs).await?;
        let of_lines_only = self.balances.is_none() && self.cutover.is_some();
        match files.opening.lines.as_ref().filter(|_| of_lines_only) {
            Some(named) => {
                let agreed = known
                    .cutovers
                    .iter()
                    .filter(|known| Some(known.cutover) == self.cutover);
                let mut agreed = agreed
                    .flat_map(|known| &known.openings)
                    .filter(|opening| !opening.reversed);
                if !agreed.any(|opening| opening.lines_sha256.as_ref() == Some(&named.sha256)) {
                    return Err(Failure::new("this file of lines was not agreed to by a second person")
                        .next("ask with --balances and --lines first, or with a further opening"));
                }
                bring(engine, logs, &who, files.facts).await
            }
            None => self.ask(engine, logs, &who, at, files.opening).await,
        }
    }

    async fn ask(
        &self,
        engine: &Engine,
        logs: &BookLogs,
        who: &Principal,
        at: Instant,
        opening: Opening,
    ) -> Result<(), Failure> {
        let scope = self.cutover.is_none().then(|| Scope {
            at,
            platform: self.platform.clone(),
            account: self.account.clone(),
        });
        let pending = Pending::OpenBalances {
            cutover: self.cutover,
            scope,
            opening: Box::new(opening),
        };
        let answer = engine.submit(logs.book, Command::Request(pending), meta(who)).await?;
        if let Some(approval) = answer.made.ids.get("approval") {
            println!("asked: {approval}; a second person approves it with --approve {approval}");
        }
        Ok(())
    }

    fn read(&self, frame: &Frame<'_>, at: Instant) -> Result<Files, Failure> {
        let mut files = Files::default();
        files.opening.reason.clone_from(&self.reason);
        if let Some(path) = &self.balances {
            opening::balances(path, frame.parties, |row, read| match read {
                Ok(BalanceRow::Balance(balance)) => files.opening.balances.push(balance),
                Ok(BalanceRow::Payee(payee)) => files.opening.payees.push(payee),
                Err(fault) => files.faults.push(("balances", row, fault)),
            })?;
        }
        if let Some(path) = &self.lines {
            let cutover = self.cutover.unwrap_or(CutoverId(uuid::Uuid::nil()));
            opening::lines(path, frame, (cutover, at), |row, read| match read {
                Ok(fact) if fact.at >= at => {
                    let fault = RowFault::new("not_before_cut_over", "sold on or after the day of the cut-over");
                    files.faults.push(("lines", row, fault));
                }
                Ok(fact) => files.facts.push(fact),
                Err(fault) => files.faults.push(("lines", row, fault)),
            })?;
            files.opening.lines = Some(named(path, files.facts.len())?);
        }
        Ok(files)
    }

    fn tell(&self, files: &Files) {
        let mut sums = std::collections::BTreeMap::new();
        for balance in &files.opening.balances {
            let kind = balance.account.party().map_or("book", |party| party.kind().word());
            let sum: &mut (u64, i128) = sums
                .entry((format!("{kind}:{}", balance.account.kind.word()), balance.currency))
                .or_default();
            *sum = (sum.0 + 1, sum.1 + i128::from(balance.amount.0));
        }
        let mut table = Table::new("What the files hold", &["what", "rows", "sum", "currency"]);
        for ((what, currency), (rows, sum)) in sums {
            let sum = i64::try_from(sum).map(crate::money::Minor).unwrap_or_default();
            table.push([
                what.into(),
                Cell::Number(rows.to_string()),
                Cell::Number(sum.display(currency)),
                currency.code().into(),
            ]);
        }
        for (what, rows) in [
            ("year_to_date", files.opening.payees.len()),
            ("lines", files.facts.len()),
        ] {
            table.push([what.into(), Cell::Number(rows.to_string()), Cell::Empty, Cell::Empty]);
        }
        print!("{}", table.text());
        for (file, row, fault) in files.faults.iter().take(PRINTED) {
            println!("{file} row {row}: {fault}");
        }
    }

    /// Who asks: the person behind the key, if its role may.
    async fn who(&self, engine: &Engine, logs: &BookLogs) -> Result<Principal, Failure> {
        let refused = || Failure::new("the key is not one of this book that may open balances");
        let missing =
            || Failure::usage("say who asks: --key, or FENZHANG_KEY").next("`fenzhang keys create` makes one");
        let text = KeyText::parse(self.key.as_deref().ok_or_else(missing)?).ok_or_else(refused)?;
        let who = Keyring::default()
            .principal(engine.pool(), &text)
            .await
            .map_err(|_| refused())?;
        let may = table::grant(Method::Post, "/v1/cutovers", who.role) == Grant::All;
        if may && who.book == logs.book {
            Ok(who)
        } else {
            Err(refused())
        }
    }
}

fn meta(who: &Principal) -> Meta {
    Meta {
        actor: who.actor(),
        lane: Lane::Interactive,
        ..Meta::system("cutover")
    }
}

fn named(path: &Path, lines: usize) -> Result<LinesNamed, Failure> {
    let (digest, _) = source::digest(path)?;
    Ok(LinesNamed {
        sha256: hex::encode(digest),
        lines: u64::try_from(lines).unwrap_or(u64::MAX),
    })
}

async fn bring(engine: &Engine, logs: &BookLogs, who: &Principal, facts: Vec<LineFact>) -> Result<(), Failure> {
    let (mut brought, mut known, mut kept) = (0_u64, 0_u64, 0_u64);
    for chunk in facts.chunks(CHUNK) {
        let answer = engine
            .submit(logs.book, Command::Facts(chunk.to_vec()), meta(who))
            .await?;
        for (fact, outcome) in chunk.iter().zip(&answer.made.facts) {
            match (outcome.replayed, outcome.state) {
                (true, _) => known += 1,
                (false, FactState::Applied) => brought += 1,
                (false, state) => {
                    kept += 1;
                    let code = outcome.code.as_deref().unwrap_or_default();
                    println!("{}: {state:?} {code}", fact.line_no);
                }
            }
        }
    }
    println!("{brought} lines brought over, {known} known already, {kept} without effect");
    Ok(())
}

/// Every party of the book, by number and by id.
async fn parties(client: &tokio_postgres::Client, log: LogId) -> Result<Parties, Failure> {
    let mut found = Parties::new();
    let mut page = Page::first(Page::MOST);
    loop {
        let view = report::parties(client, log, Viewer::All, None, &page).await?;
        for party in view.parties {
            found.extend(party.external_id.map(|number| (number, party.party)));
            found.insert(party.party.to_string(), party.party);
        }
        match view.next {
            Some(next) => page.after = Some(next),
            None => return Ok(found),
        }
    }
}
