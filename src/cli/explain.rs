//! `explain`: why a line paid what it paid, and what a balance, a month's cell or the difference of two moments is made of.
//! Must never recompute: the explanation is of what was recorded.

use clap::Args;
use tokio_postgres::Client;

use super::books;
use super::database::{Where, block_on};
use super::fail::Failure;
use crate::base::{BookId, LineId, LogId, Month, PartyId, PartyKind, SheetId};
use crate::domain::settlement::Part;
use crate::ledger::{Account, AccountKind, Layer};
use crate::money::Currency;
use crate::report::{self, At, ExplainView, Fold, FoldBy, Lang, MonthCell, Page, Viewer};

/// Says why a line paid what it paid, or what an account's sum is made of: a tree from money to facts that adds up.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fenzhang explain lin_0123… --book sample
  fenzhang explain taobao:S000001-1 --book sample        a platform and its line number
  fenzhang explain taobao:S000001-1 --book sample --json
  fenzhang explain 42:anchor:anc_…:available --book sample    what one event moved
  fenzhang explain balance --party anc_… --book sample
  fenzhang explain balance --account book:income --by month --book sample
  fenzhang explain statement --party anc_… --period 2025-11 --cell clawbacks --book sample
  fenzhang explain sht_0123… --part settled --book sample
  fenzhang explain difference --party anc_… --period 2025-11 --known-at 2025-12-05 --book sample")]
pub(super) struct Explain {
    /// A line (its id, or `platform:line_no`), a leg (`position:account`), a settlement sheet, `balance`, `statement` or
    /// `difference`.
    what: String,
    /// Of which book.
    #[arg(long)]
    book: Option<String>,
    /// Whose account: a party's id, or its external id with --kind.
    #[arg(long)]
    party: Option<String>,
    /// Kind of a party named by its external id.
    #[arg(long, default_value = "anchor", value_parser = super::report::kind)]
    kind: PartyKind,
    /// Which account: a kind beside --party, or a whole one such as book:income.
    #[arg(long, default_value = "available")]
    account: String,
    /// Balance: of the estimated layer.
    #[arg(long)]
    estimated: bool,
    /// Statement, difference: which month.
    #[arg(long)]
    period: Option<Month>,
    /// Statement: opening, settled, clawbacks, shares, services, penalties, freezes, reserves, adjustments, payments or
    /// write_offs; the closing without it.
    #[arg(long, value_parser = cell)]
    cell: Option<MonthCell>,
    /// Sheet: one part of it, such as settled or clawbacks; its closing without it.
    #[arg(long, value_parser = part)]
    part: Option<Part>,
    /// Difference: as known at this moment: a position, a day (its end) or an instant.
    #[arg(long)]
    known_at: Option<At>,
    /// Difference: and at this later one; now without it.
    #[arg(long)]
    and: Option<At>,
    /// The book's first currency without it.
    #[arg(long)]
    currency: Option<Currency>,
    /// Into which groups: kind, day, month, rule or part.
    #[arg(long, value_parser = by)]
    by: Option<FoldBy>,
    /// Events are opened from this group on.
    #[arg(long)]
    group: Option<String>,
    /// How many events are opened, at most 100.
    #[arg(long, default_value_t = Fold::OPENED)]
    limit: i64,
    /// Where the page before ended.
    #[arg(long)]
    cursor: Option<String>,
    /// As of a position of the log.
    #[arg(long)]
    at_position: Option<i64>,
    /// In Chinese.
    #[arg(long)]
    zh: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

fn cell(text: &str) -> Result<MonthCell, String> {
    let found = MonthCell::ALL.into_iter().find(|cell| cell.word() == text);
    found.ok_or_else(|| MonthCell::ALL.map(MonthCell::word).join(", "))
}

fn part(text: &str) -> Result<Part, String> {
    let words = || Part::ALL.map(Part::word).join(", ");
    Part::from_word(text).ok_or_else(words)
}

fn by(text: &str) -> Result<FoldBy, String> {
    let found = FoldBy::ALL.into_iter().find(|by| by.word() == text);
    found.ok_or_else(|| "kind, day, month, rule or part".to_owned())
}

/// A line by id, or by platform and line number.
pub(super) fn line_id(book: BookId, text: &str) -> Result<LineId, Failure> {
    if let Ok(line) = text.parse() {
        return Ok(line);
    }
    let (platform, line_no) = text
        .split_once(':')
        .ok_or_else(|| Failure::usage(format!("{text:?} is no line")).next("write lin_… or platform:line_no"))?;
    Ok(LineId::of(book, platform, line_no))
}

/// A leg, written `position:account`.
fn leg(text: &str) -> Option<(i64, Account)> {
    let (position, account) = text.split_once(':')?;
    Some((position.parse().ok()?, account.parse().ok()?))
}

impl Explain {
    pub(super) fn run(self) -> Result<(), Failure> {
        let database = self.place.open()?;
        block_on(async {
            let client = database.client().await?;
            let logs = books::find(&client, self.book.as_deref()).await?;
            let lang = if self.zh { Lang::Zh } else { Lang::En };
            let view = self.view(&client, logs.book, logs.money).await?;
            if self.json {
                println!("{}", serde_json::to_string_pretty(&view)?);
                return Ok(());
            }
            print!("{}", view.text(lang));
            if let Some(next) = &view.next {
                eprintln!("more events: --cursor '{next}' --at-position {}", view.position);
            }
            Ok(())
        })
    }

    async fn view(&self, client: &Client, book: BookId, log: LogId) -> Result<ExplainView, Failure> {
        let at = self.at_position.map_or(At::Now, At::Position);
        let all = Viewer::All;
        Ok(match self.what.as_str() {
            "balance" => {
                let layer = if self.estimated {
                    Layer::Estimated
                } else {
                    Layer::Settled
                };
                let asked = (self.account(book)?, layer, self.currency);
                report::explain_balance(client, log, all, asked, at, &self.fold(FoldBy::Day)).await?
            }
            "statement" => {
                let asked = (self.account(book)?, self.month()?, self.cell, self.currency);
                let usual = if self.cell.is_some() { FoldBy::Day } else { FoldBy::Kind };
                report::explain_month(client, log, all, asked, at, &self.fold(usual)).await?
            }
            "difference" => {
                let earlier = self
                    .known_at
                    .ok_or_else(|| Failure::usage("a difference needs --known-at"))?;
                let known = (earlier, self.and.unwrap_or(at));
                let asked = (self.account(book)?, self.month()?, self.currency);
                report::explain_difference(client, log, all, asked, known, &self.fold(FoldBy::Kind)).await?
            }
            what if what.parse::<SheetId>().is_ok() => {
                let sheet = what.parse().map_err(|_| Failure::usage("no sheet"))?;
                let usual = if self.part.is_some() { FoldBy::Day } else { FoldBy::Part };
                report::explain_sheet(client, log, all, (sheet, self.part), &self.fold(usual)).await?
            }
            what => match leg(what) {
                Some((position, account)) => report::explain_leg(client, log, all, position, account).await?,
                None => report::explain_line(client, log, all, line_id(book, what)?, at).await?,
            },
        })
    }

    fn account(&self, book: BookId) -> Result<Account, Failure> {
        if let Ok(account) = self.account.parse() {
            return Ok(account);
        }
        let kind = AccountKind::ALL.into_iter().find(|kind| kind.word() == self.account);
        let kind = kind.ok_or_else(|| Failure::usage(format!("{:?} is no account", self.account)))?;
        let party = self
            .party
            .as_deref()
            .ok_or_else(|| Failure::usage("whose account? give --party"))?;
        let party = party.parse().unwrap_or_else(|_| PartyId::of(book, self.kind, party));
        Ok(Account::of(party, kind))
    }

    fn month(&self) -> Result<Month, Failure> {
        self.period.ok_or_else(|| Failure::usage("which month? give --period"))
    }

    fn fold(&self, usual: FoldBy) -> Fold {
        Fold {
            by: self.by.unwrap_or(usual),
            group: self.group.clone(),
            page: Page::after(self.cursor.clone(), self.limit),
        }
    }
}
