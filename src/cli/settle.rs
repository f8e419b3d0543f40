//! `settle`: closes a month: cut-off, closing entries, sheets; then approval by a second person, issue, lock.
//! Must never do in one step what needs two people.

use std::collections::BTreeMap;

use clap::Args;
use tokio_postgres::Client;
use uuid::Uuid;

use super::books;
use super::database::{Database, Where, block_on};
use super::fail::Failure;
use super::progress::Bar;
use crate::access::{Grant, KeyText, Keyring, Method, Principal, table};
use crate::base::{ApprovalId, Month, RunId, SheetId};
use crate::domain::command::{Command, Pending, Verdict};
use crate::domain::settlement::sheet::draft;
use crate::domain::settlement::terms::in_force;
use crate::domain::settlement::{Part, Settle, Stage};
use crate::engine::close::{Pace, Phase, Progress};
use crate::engine::{Engine, Lane, Meta};
use crate::money::{Currency, Minor};
use crate::report::{self, At, Cell, Page, SheetFilter, Table, Viewer};
use crate::store::books::BookLogs;
use crate::store::settlements;

/// Closes a month: cuts it off, posts closing entries, draws up a sheet 结算单 for each party, and shows that they tie.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples, in order:
  fenzhang settle --book shop --period 2026-05 --check        what the month comes to; changes nothing
  fenzhang settle --book shop --period 2026-05 --key fz_live_…
                                        cut-off, closing entries, sheets, and a table that ties
  fenzhang settle --book shop --period 2026-05 --differences  to the month before, party by party, and why
  fenzhang settle --book shop --period 2026-05 --deliver email --proof msg-1 --key fz_live_…
  fenzhang settle --book shop --period 2026-05 --ask --key fz_live_…
                                        asks for approval of exactly these sheets
  fenzhang settle --book shop --approve apr_… --key fz_live_…  a second person's key
  fenzhang settle --book shop --period 2026-05 --issue --key fz_live_…
  fenzhang settle --book shop --period 2026-05 --lock --key fz_live_…
  fenzhang settle --book shop --period 2026-05 --drop 'an import was missing' --key fz_live_…
                                        before it is issued: the month is open again")]
pub(super) struct SettleMonth {
    /// Which month.
    #[arg(long, required_unless_present = "approve")]
    period: Option<Month>,
    /// Says what the month comes to as it stands, before closing entries, and changes nothing.
    #[arg(long)]
    check: bool,
    /// Lists the parties whose sheets differ from the month before, and in which part.
    #[arg(long, group = "act")]
    differences: bool,
    /// Prints the sheet of a party: its id or own number.
    #[arg(long, group = "act", value_name = "PARTY")]
    sheet: Option<String>,
    /// Notes that every sheet was delivered in this way.
    #[arg(long, group = "act", value_name = "HOW")]
    deliver: Option<String>,
    /// What proves the delivery.
    #[arg(long, requires = "deliver")]
    proof: Option<String>,
    /// Asks for approval.
    #[arg(long, group = "act")]
    ask: bool,
    /// Approves what waits.
    #[arg(long, group = "act", value_name = "APPROVAL")]
    approve: Option<ApprovalId>,
    /// Issues the approved sheets.
    #[arg(long, group = "act")]
    issue: bool,
    /// Locks the issued month.
    #[arg(long, group = "act")]
    lock: bool,
    /// Drops the draft, with the reason.
    #[arg(long, group = "act", value_name = "REASON")]
    drop: Option<String>,
    /// Parties of one step.
    #[arg(long, default_value_t = 500, hide = true, value_parser = clap::value_parser!(i64).range(1..=500))]
    step: i64,
    /// The key of who acts; an owner's or one of finance.
    #[arg(long, env = "FENZHANG_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Of which book.
    #[arg(long)]
    book: Option<String>,
    #[command(flatten)]
    place: Where,
}

/// What to do about refusals that a newcomer meets.
const ADVICE: [(&str, &str); 5] = [
    ("not_approved", "--ask, then --approve with the key of a second person"),
    (
        "same_person",
        "give a second person's key with --key; `fenzhang keys create --role finance --label NAME` makes one",
    ),
    (
        "approval_ended",
        "`fenzhang report settlements` says how far the month is",
    ),
    ("period_order", "close that month first, or begin with it: --period"),
    (
        "run_stage",
        "`fenzhang report settlements` says how far the month is; what is locked is corrected in the open month",
    ),
];

impl SettleMonth {
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
        done.map_err(|failure| failure.advised(&ADVICE))
    }

    async fn with(&self, engine: &Engine, client: &Client, logs: &BookLogs) -> Result<(), Failure> {
        if let Some(approval) = self.approve {
            let who = self.who(engine, logs).await?;
            let command = Command::DecideApproval {
                approval,
                verdict: Verdict::Approve,
                on_behalf_of: None,
                remark: None,
            };
            let answer = engine.submit(logs.book, command, meta(&who)).await?;
            println!("approved");
            return match answer.made.ids.get("run").and_then(|run| run.parse().ok()) {
                Some(run) => self.show(client, logs, run).await,
                None => Ok(()),
            };
        }
        let period = self.period.ok_or_else(|| Failure::usage("say which month: --period"))?;
        if self.check {
            return check(client, logs, period).await;
        }
        if let Some(text) = &self.sheet {
            return self.print_sheet(client, logs, period, text).await;
        }
        if self.differences {
            return differences(client, logs, latest(client, logs, period).await?).await;
        }
        let who = self.who(engine, logs).await?;
        let step = self.ask || self.issue || self.lock || self.drop.is_some() || self.deliver.is_some();
        let run = match step {
            true => {
                self.act(engine, client, logs, &who, latest(client, logs, period).await?)
                    .await?
            }
            false => self.close(engine, client, logs, &who, period).await?,
        };
        self.show(client, logs, run).await
    }

    /// Starts the run, or goes on with it, and works until every sheet is there.
    async fn close(
        &self,
        engine: &Engine,
        client: &Client,
        logs: &BookLogs,
        who: &Principal,
        period: Month,
    ) -> Result<RunId, Failure> {
        let asked = Command::Settle(Box::new(Settle::Start { period }));
        let answer = engine.submit(logs.book, asked, meta(who)).await?;
        let run = answer.made.ids.get("run").and_then(|run| run.parse().ok());
        let run: RunId = run.ok_or_else(|| Failure::new("the run has no id"))?;
        let total = settlements::owners(client, logs.money, period).await?;
        let mut bar = Bar::begin(&format!("close of {period}"), "sheets", total);
        let mut watch = |progress: &Progress| {
            if progress.phase == Phase::Sheets {
                bar.step(progress.done, progress.done);
            }
        };
        let pace = Pace { step: self.step };
        engine
            .close_or_wait(logs.book, logs.money, run, pace, &mut watch)
            .await?;
        bar.end();
        Ok(run)
    }

    /// One step of a drafted run.
    async fn act(
        &self,
        engine: &Engine,
        client: &Client,
        logs: &BookLogs,
        who: &Principal,
        run: RunId,
    ) -> Result<RunId, Failure> {
        let settle = |asked: Settle| engine.submit(logs.book, Command::Settle(Box::new(asked)), meta(who));
        if let Some(how) = &self.deliver {
            let mut page = Page::first(500);
            loop {
                let filter = SheetFilter {
                    run: Some(run),
                    ..SheetFilter::default()
                };
                let view = report::sheets(client, logs.money, Viewer::All, &filter, &page).await?;
                let sheets: Vec<SheetId> = view.sheets.iter().map(|sheet| sheet.sheet).collect();
                let (how, proof) = (how.clone(), self.proof.clone());
                settle(Settle::Deliver {
                    run,
                    sheets,
                    how,
                    proof,
                })
                .await?;
                match view.next {
                    Some(next) => page.after = Some(next),
                    None => break,
                }
            }
        }
        if self.ask {
            let digest = report::run(client, logs.money, run).await?.digest.unwrap_or_default();
            let pending = Command::Request(Pending::ApproveRun { run, digest });
            let answer = engine.submit(logs.book, pending, meta(who)).await?;
            if let Some(approval) = answer.made.ids.get("approval") {
                println!("asked: {approval}; a second person approves it with --approve {approval}");
            }
        }
        if self.issue {
            let unconfirmed = engine.unconfirmed(logs.money, run).await?;
            settle(Settle::Issue { run, unconfirmed }).await?;
        }
        if self.lock {
            settle(Settle::Lock { run }).await?;
        }
        if let Some(reason) = &self.drop {
            let reason = reason.clone();
            settle(Settle::Drop { run, reason }).await?;
        }
        Ok(run)
    }

    /// The run as it stands: what ties, what it comes to, what to do next.
    async fn show(&self, client: &Client, logs: &BookLogs, run: RunId) -> Result<(), Failure> {
        let view = report::run(client, logs.money, run).await?;
        print!("{}", view.table().text());
        for sum in &view.sums {
            println!(
                "{} sheets in {}: payable {}, carried {}; delivered {}, confirmed {}, contested {}",
                sum.sheets,
                sum.payable.currency,
                sum.payable.amount,
                sum.carried.amount,
                sum.delivered,
                sum.confirmed,
                sum.contested
            );
        }
        if view.ties == Some(true) {
            println!("opening + lines = closing; the sum over parties is the ledger's, account by account");
        }
        if let Some(digest) = &view.digest {
            println!("digest of the sheets {digest}");
        }
        println!("what next: {} {}", view.next_step, view.next_step_zh);
        match view.ties {
            Some(false) => Err(Failure::difference("the sheets and the ledger differ").next("run `fenzhang verify`")),
            _ => Ok(()),
        }
    }

    async fn print_sheet(&self, client: &Client, logs: &BookLogs, period: Month, text: &str) -> Result<(), Failure> {
        let run = latest(client, logs, period).await?;
        let filter = SheetFilter {
            run: Some(run),
            ..SheetFilter::default()
        };
        let mut page = Page::first(Page::MOST);
        let mut found = false;
        loop {
            let view = report::sheets(client, logs.money, Viewer::All, &filter, &page).await?;
            let named = |sheet: &&report::SheetView| {
                sheet.party.to_string() == text || sheet.external_id.as_deref() == Some(text)
            };
            for sheet in view.sheets.iter().filter(named) {
                found = true;
                print!("{}", sheet.table().text());
                println!(
                    "sheet {}, {} movements, sha256 {}",
                    sheet.sheet, sheet.lines, sheet.sha256
                );
            }
            match view.next {
                Some(next) => page.after = Some(next),
                None if found => return Ok(()),
                None => {
                    return Err(Failure::new(format!("{period} has no sheet of {text:?}"))
                        .next("`fenzhang report sheets` lists them"));
                }
            }
        }
    }

    /// Who acts: the person behind the key, if its role may.
    async fn who(&self, engine: &Engine, logs: &BookLogs) -> Result<Principal, Failure> {
        let refused = || {
            Failure::new("the key is not one of this book that may settle")
                .next("one of role owner or finance may; `fenzhang keys list` shows the book's")
        };
        let missing = || {
            Failure::usage("say who acts: --key, or FENZHANG_KEY")
                .next("`fenzhang keys create --role finance` makes one")
        };
        let text = KeyText::parse(self.key.as_deref().ok_or_else(missing)?).ok_or_else(refused)?;
        let who = Keyring::default()
            .principal(engine.pool(), &text)
            .await
            .map_err(|_| refused())?;
        let may = table::grant(Method::Post, "/v1/settlements", who.role) == Grant::All;
        match may && who.book == logs.book {
            true => Ok(who),
            false => Err(refused()),
        }
    }
}

fn meta(who: &Principal) -> Meta {
    Meta {
        actor: who.actor(),
        lane: Lane::Interactive,
        ..Meta::system("settle")
    }
}

/// The latest run of a month that was not dropped, else the latest.
async fn latest(client: &Client, logs: &BookLogs, period: Month) -> Result<RunId, Failure> {
    let view = report::runs(client, logs.money, Some(period), &Page::first(100)).await?;
    let live = view.runs.iter().find(|run| run.stage != Stage::Dropped);
    let found = live.or(view.runs.first()).map(|run| run.run);
    found.ok_or_else(|| Failure::new(format!("{period} has no run")).next("start it: without any further option"))
}

async fn differences(client: &Client, logs: &BookLogs, run: RunId) -> Result<(), Failure> {
    let view = report::run(client, logs.money, run).await?;
    let against = report::last_run_before(client, logs.money, &view, false).await?;
    let columns = ["party", "part", "项目", "before", "now", "difference"];
    let mut table = Table::new(format!("{} beside the month before", view.period), &columns);
    let mut page = Page::first(Page::MOST);
    loop {
        let found = report::differences(client, logs.money, run, against, &page).await?;
        for of in &found.differences {
            for part in &of.parts {
                table.push([
                    of.name.clone().into(),
                    part.text.into(),
                    part.text_zh.into(),
                    Cell::from(&part.before),
                    Cell::from(&part.now),
                    Cell::from(&part.difference),
                ]);
            }
        }
        match found.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    print!("{}", table.text());
    Ok(())
}

/// What the month comes to as it stands, part by part; nothing is written.
async fn check(client: &Client, logs: &BookLogs, period: Month) -> Result<(), Failure> {
    let position = report::position(client, logs.money, At::Now).await?;
    let terms = in_force(&settlements::terms(client, logs.money, logs.book).await?, period);
    let of = settlements::reckoned(client, logs.money, (period, position), &terms).await?;
    let mut sums: BTreeMap<(Currency, &'static str), (u64, Minor)> = BTreeMap::new();
    let (mut after, mut sheets) = (Uuid::nil(), 0_u64);
    loop {
        let page = settlements::sheets(client, logs.money, &of, after, 500).await?;
        let suspended = settlements::suspended(client, logs.money, &page.sheets).await?;
        for told in &page.sheets {
            let why = suspended.contains(&told.party).then_some("suspended");
            let sheet = draft(SheetId(Uuid::nil()), RunId(Uuid::nil()), period, told, &terms, why)
                .map_err(|refusal| Failure::difference(refusal.message))?;
            sheets += 1;
            let mut add = |what: &'static str, amount: Minor| -> Result<(), Failure> {
                let sum = sums.entry((sheet.currency, what)).or_default();
                *sum = (sum.0 + u64::from(!amount.is_zero()), sum.1.plus(amount)?);
                Ok(())
            };
            if sheet.account == crate::ledger::AccountKind::Available {
                add("0 opening 期初", sheet.opening)?;
                for part in Part::ALL {
                    add(part.word(), sheet.part(part))?;
                }
                add("closing 期末", sheet.closing)?;
                add("payable 应付", sheet.payable)?;
                add("carried 结转", sheet.carried)?;
            }
        }
        match page.last {
            Some(last) => after = last,
            None => break,
        }
    }
    let mut table = Table::new(
        format!("{period} as it stands at position {position}, before closing entries: {sheets} sheets"),
        &["what", "parties", "amount", "currency"],
    );
    let order = ["0 opening 期初"].into_iter().chain(Part::ALL.map(Part::word));
    for what in order.chain(["closing 期末", "payable 应付", "carried 结转"]) {
        for ((currency, _), (count, sum)) in sums.iter().filter(|((_, own), (count, _))| *own == what && *count > 0) {
            let said = match Part::from_word(what) {
                Some(part) => report::part_words(part).join(" "),
                None => what.trim_start_matches("0 ").to_owned(),
            };
            table.push([
                said.into(),
                Cell::Number(count.to_string()),
                Cell::Number(sum.display(*currency)),
                currency.code().into(),
            ]);
        }
    }
    print!("{}", table.text());
    println!("checked; nothing was changed");
    Ok(())
}
