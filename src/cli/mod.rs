//! The command line: one file per subcommand.
//! Must never hold SQL or a rule of the business: it parses, calls the engine or a report, and prints.

mod bench;
mod books;
mod compare;
mod cutover;
mod database;
mod dev;
mod explain;
mod export;
mod fail;
mod import;
mod keys;
mod migrate;
mod progress;
mod pull;
mod rebuild;
mod reconcile;
mod report;
mod roster;
mod sandbox;
mod serve;
mod settle;
mod summary;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// 分账 Fenzhang: the commission ledger for live commerce. 本系统只记账，不代收代付.
///
/// Clicks and orders go in, commission rules decide, and every anchor, agency and brand has balances and a month's account
/// that can be explained to the cent and rebuilt from the log.
#[derive(Parser, Debug)]
#[command(name = "fenzhang", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  fenzhang dev                                   everything at once: database, sample month, keys, server
  fenzhang import orders.csv --mapping generic-orders --check
                                                 reads the file, changes nothing, says what would be rejected
  fenzhang import report.csv.gz --mapping tmall-report
  fenzhang roster anchors.xlsx --book mcn        anchors, contracts and placements from an agency's own file
  fenzhang report trial-balance --book sample
  fenzhang settle --period 2026-05 --book sample --check
  fenzhang reconcile statement.csv --period 2026-05 --book sample
  fenzhang export sheets --period 2026-05 --book sample --format pdf --zip sheets.zip
  fenzhang explain taobao:S000001-1 --book sample
  fenzhang keys create --role finance --label 'month close' --book sample
  fenzhang sandbox create --brand                a brand's book with scripted anchors, keys and the first five calls

Database: DATABASE_URL or --database-url; without either, a private PostgreSQL in --data-dir, made and started by itself.
Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 verify or rebuild found a difference.";

#[derive(Subcommand, Debug)]
enum Command {
    /// Database, sample month, keys and server in one command.
    Dev(dev::Dev),
    /// Serves the REST API.
    Serve(serve::Serve),
    /// Brings the database schema up to date, or shows where it stands.
    Migrate(migrate::Migrate),
    /// Reads a file of clicks or orders through a mapping.
    Import(import::Import),
    /// Registers anchors with contracts, platform accounts and placements from one file 主播名册.
    Roster(roster::Roster),
    /// Asks platforms for orders, window by window, and tells them to the ledger.
    Pull(pull::Pull),
    /// Opening balances and unsettled lines of other books 期初建账.
    Cutover(cutover::Cutover),
    /// Closes a month 结账: sheets for every party, approval, issue, lock.
    Settle(settle::SettleMonth),
    /// Lists where last month's sheet and the ledger differ.
    Compare(compare::Compare),
    /// Compares a platform's statement with the book, line by line 对账.
    Reconcile(reconcile::Reconcile),
    /// Writes sheets, statements, the journal, vouchers, events or entries to files.
    Export(export::Export),
    /// Prints a report as a table, CSV or JSON.
    Report(report::Report),
    /// Says why a line paid what it paid, or what a balance, a month or a difference is made of.
    Explain(explain::Explain),
    /// Checks the log and everything derived from it; exit code 3 when something is wrong.
    Verify(verify::Verify),
    /// Folds the log anew and compares; with --repair replaces the derived rows.
    Rebuild(rebuild::Rebuild),
    /// Measures this build beside anchors of the same run.
    Bench(bench::Bench),
    /// Makes, lists and revokes API keys.
    Keys(keys::Keys),
    /// Makes a book to try things in, with scripted anchors and the first calls 沙箱.
    Sandbox(sandbox::Sandbox),
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("FENZHANG_LOG").unwrap_or_else(|_| "warn".into()))
        .with_writer(std::io::stderr)
        .init();
    let done = match cli.command {
        Command::Dev(command) => command.run(),
        Command::Serve(command) => command.run(),
        Command::Keys(command) => command.run(),
        Command::Migrate(command) => command.run(),
        Command::Import(command) => command.run(),
        Command::Pull(command) => command.run(),
        Command::Roster(command) => command.run(),
        Command::Cutover(command) => command.run(),
        Command::Settle(command) => command.run(),
        Command::Compare(command) => command.run(),
        Command::Reconcile(command) => command.run(),
        Command::Export(command) => command.run(),
        Command::Report(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Rebuild(command) => command.run(),
        Command::Bench(command) => command.run(),
        Command::Sandbox(command) => command.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_makes_sense() {
        super::Cli::command().debug_assert();
    }
}
