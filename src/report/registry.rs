//! The list of reports: name, what it shows, its statements, how to run it. A new report: one file, its SQL, one line here.
//! Must never hold a report itself.

use futures_util::future::BoxFuture;
use tokio_postgres::Client;

use super::*;
use crate::base::LogId;

/// What a report prints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Rows.
    Table(Table),
    /// Lines of text.
    Text(String),
}

type Run = for<'a> fn(&'a Client, LogId, &'a Args) -> BoxFuture<'a, Result<Output, ReportError>>;

/// A report.
pub struct Report {
    /// `fenzhang report NAME`, `/v1/reports/{name}`.
    pub name: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// Its statements.
    pub statements: &'static [Statement],
    /// Runs it.
    pub run: Run,
}

impl Report {
    /// The report of a name.
    pub fn find(name: &str) -> Option<&'static Report> {
        REGISTRY.iter().find(|report| report.name == name)
    }
}

macro_rules! report {
    ($name:literal, $about:literal, $statements:expr, ($client:ident, $log:ident, $args:ident) => $body:block) => {
        Report {
            name: $name,
            about: $about,
            statements: $statements,
            run: |$client, $log, $args| Box::pin(async move $body),
        }
    };
}

fn table(table: Table) -> Result<Output, ReportError> {
    Ok(Output::Table(table))
}

/// Every report.
pub const REGISTRY: &[Report] = &[
    report!("accounts", "accounts with debits and credits", accounts::SQL, (client, log, args) => {
        table(accounts(client, log, args.viewer, args.party, args.at, &args.page).await?.table())
    }),
    report!("approvals", "commands that wait for a second person", approvals::SQL, (client, log, args) => {
        table(approvals(client, log, args.viewer, None, &args.page).await?.table())
    }),
    report!("balances", "balances of one party or all", balances::SQL, (client, log, args) => {
        let view = match args.party {
            Some(party) => balances_of(client, log, args.viewer, party, args.at).await?,
            None => balances(client, log, args.viewer, args.at, &args.page).await?,
        };
        table(view.table())
    }),
    report!("click-coverage", "lines with an earlier click on the item", click_coverage::SQL, (client, log, _args) => {
        table(click_coverage(client, log).await?.table())
    }),
    report!("cutover", "what the cut-over account holds, and of what", cutovers::SQL, (client, log, args) => {
        table(cutovers(client, log, args.viewer, args.at).await?.table())
    }),
    report!("earnings", "earnings of a party, whole and grouped", earnings::SQL, (client, log, args) => {
        let party = args.needed_party()?;
        let view = earnings(client, log, args.viewer, party, args.group, (None, None), args.at).await?;
        table(view.table())
    }),
    report!("entries", "entries as plain-text accounting", entries::SQL, (client, log, args) => {
        let filter = EntriesFilter {
            party: args.party,
            account: None,
        };
        let view = entries(client, log, args.viewer, filter, args.at, &args.page).await?;
        Ok(Output::Text(view.text()))
    }),
    report!("formulas", "formulas with their versions", formulas::SQL, (client, log, args) => {
        table(formulas(client, log, args.at).await?.table())
    }),
    report!("items", "items as last listed", items::SQL, (client, log, args) => {
        table(items(client, log, args.viewer, &args.page).await?.table())
    }),
    report!("lines", "lines with the reason of each", lines::SQL, (client, log, args) => {
        let filter = LineFilter {
            party: args.party,
            ..LineFilter::default()
        };
        table(lines(client, log, args.viewer, filter, &args.page).await?.table(args.lang))
    }),
    report!("memberships", "agency contracts by date", memberships::SQL, (client, log, args) => {
        table(memberships(client, log, args.viewer, args.party, &args.page).await?.table())
    }),
    report!("order-counts", "lines by what became of them, with sums", order_counts::SQL, (client, log, args) => {
        table(order_counts(client, log, args.at).await?.table())
    }),
    report!("parked", "facts that found no place", parked::SQL, (client, log, args) => {
        table(parked(client, log, args.viewer, &ParkedFilter::default(), &args.page).await?.table())
    }),
    report!("parties", "parties of the book", parties::SQL, (client, log, args) => {
        table(parties(client, log, args.viewer, args.kind, &args.page).await?.table())
    }),
    report!("periods", "accounting months", periods::SQL, (client, log, _args) => {
        table(periods(client, log).await?.table())
    }),
    report!("placements", "placements with their assignments", placements::SQL, (client, log, args) => {
        table(placements(client, log, &args.page).await?.table())
    }),
    report!("rules", "commission rules", rules::SQL, (client, log, args) => {
        table(rules(client, log, args.viewer, &args.page).await?.table())
    }),
    report!("settlement", "settlement summary of a month", settlement::SQL, (client, log, args) => {
        let kind = args.kind.unwrap_or(crate::base::PartyKind::Anchor);
        table(settlement(client, log, args.viewer, kind, args.needed_period()?, args.at).await?.table())
    }),
    report!("shops", "shops and their brands", shops::SQL, (client, log, args) => {
        table(shops(client, log, args.viewer, &args.page).await?.table())
    }),
    report!("statement", "account statement of a party and month", statement::SQL, (client, log, args) => {
        let key = StatementKey {
            party: args.needed_party()?,
            account: args.account,
            period: args.needed_period()?,
        };
        let view = statement(client, log, args.viewer, key, args.at, &args.page).await?;
        let zone = streams::book(client, log, view.position).await?.opened.zone;
        table(view.table(zone))
    }),
    report!("waiting", "placements and payers that lines wait for", placements::SQL, (client, log, _args) => {
        table(waiting(client, log).await?.table())
    }),
    report!("trial-balance", "debits and credits, which must be equal", trial::SQL, (client, log, args) => {
        table(trial_balance(client, log, args.at).await?.table())
    }),
];

/// Statements that several reports share, and those of reads that are no reports.
pub const SHARED: &[&[Statement]] = &[at::SQL, compare::SQL, events::SQL, streams::SQL, explain::SQL];
