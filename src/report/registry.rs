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

/// An argument of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Take {
    /// Whose.
    Party,
    /// Parties of which kind.
    Kind,
    /// Which account.
    Account,
    /// Which month.
    Period,
    /// How to group.
    By,
    /// How to group: one of these, the first unless told otherwise.
    Dimension(&'static [Dimension]),
    /// As known at which two moments.
    Known,
    /// As of when.
    At,
    /// Which page.
    Page,
    /// Outside numbers.
    Numbers,
    /// Lines and columns of the line ledger.
    Ledger,
    /// Which brief.
    Brief,
}

/// A report.
pub struct Report {
    /// `fenzhang report NAME`, `/v1/reports/{name}`.
    pub name: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// Who may read this route may read the report; a party sees of it what it sees there.
    pub route: &'static str,
    /// Which arguments it takes.
    pub takes: &'static [Take],
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
    ($name:literal, $about:literal, $route:literal, [$($takes:expr),*], $statements:expr, ($client:ident, $log:ident, $args:ident) => $body:block) => {
        Report {
            name: $name,
            about: $about,
            route: $route,
            takes: &[$($takes),*],
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
    report!("accounts", "accounts with debits and credits", "/v1/accounts", [Take::Party, Take::At, Take::Page], accounts::SQL, (client, log, args) => {
        let view = accounts(client, log, args.viewer, args.party, args.at, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("accrual", "commission as accrued beside as settled, and as the platform reported it", "/v1/trial-balance", [Take::Dimension(&[Dimension::Month, Dimension::Line]), Take::Period, Take::Page], accrual::SQL, (client, log, args) => {
        let by = args.by.unwrap_or(Dimension::Month);
        table(accrual(client, log, args.viewer, (by, args.period), &args.page).await?.table())
    }),
    report!("ageing", "what should be zero and is not, by age in months", "/v1/balances", [Take::Party, Take::At, Take::Page], ageing::SQL, (client, log, args) => {
        let view = ageing(client, log, args.viewer, args.party, args.at, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("approvals", "commands that wait for a second person", "/v1/approvals", [Take::Page], approvals::SQL, (client, log, args) => {
        let view = approvals(client, log, args.viewer, ApprovalFilter::default(), &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("balance-sheet", "assets, liabilities and the owner's own share", "/v1/trial-balance", [Take::At], balance_sheet::SQL, (client, log, args) => {
        table(balance_sheet(client, log, args.viewer, args.at).await?.table())
    }),
    report!("balances", "balances of one party or all", "/v1/balances", [Take::Party, Take::At, Take::Page], balances::SQL, (client, log, args) => {
        let view = match args.party {
            Some(party) => balances_of(client, log, args.viewer, party, args.at).await?,
            None => balances(client, log, args.viewer, args.at, &args.page).await?,
        };
        table(view.table().followed_by(view.next))
    }),
    report!("briefs", "briefs and how far they are", "/v1/briefs", [Take::Page], briefs::SQL, (client, log, args) => {
        let view = briefs::briefs(client, log, args.viewer, &briefs::BriefFilter::default(), &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("contracts", "brand contracts with what is set aside", "/v1/contracts", [Take::Page], contracts::SQL, (client, log, args) => {
        let view = contracts::contracts(client, log, args.viewer, &contracts::ContractFilter::default(), &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("click-coverage", "lines with an earlier click on the item", "/v1/trial-balance", [], click_coverage::SQL, (client, log, _args) => {
        table(click_coverage(client, log).await?.table())
    }),
    report!("commission-cost", "what payers were charged for commission, by brand and shop", "/v1/balances", [Take::Party, Take::Period, Take::At], commission_cost::SQL, (client, log, args) => {
        let view = commission_cost(client, log, args.viewer, (args.party, args.period), args.at).await?;
        table(view.table())
    }),
    report!("coverage", "days that imports cover, and the gaps", "/v1/imports/coverage", [], coverage::SQL, (client, log, _args) => {
        table(coverage(client, log, &CoverageFilter::default()).await?.table())
    }),
    report!("cutover", "what the cut-over account holds, and of what", "/v1/trial-balance", [Take::At], cutovers::SQL, (client, log, args) => {
        table(cutovers(client, log, args.viewer, args.at).await?.table())
    }),
    report!("suppliers", "suppliers with scores as their platforms report them", "/v1/suppliers", [Take::Page], suppliers::SQL, (client, log, args) => {
        let view = suppliers(client, log, args.viewer, &SupplierFilter::default(), &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("offers", "offers of suppliers with prices, minimum order and the rules applied to them", "/v1/offers", [Take::Page], offers::SQL, (client, log, args) => {
        let view = offers(client, log, args.viewer, &OfferFilter::default(), &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("quotes", "quotes with the version of the offer they were made from", "/v1/quotes", [Take::Page], quotes::SQL, (client, log, args) => {
        let view = quotes(client, log, args.viewer, &QuoteFilter::default(), &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("disputes", "lines that parties dispute, with deadline and answer", "/v1/disputes", [Take::Page], disputes::SQL, (client, log, args) => {
        let view = disputes(client, log, args.viewer, None, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("earnings", "earnings of a party, whole and grouped", "/v1/earnings/{party}", [Take::Party, Take::By, Take::At], earnings::SQL, (client, log, args) => {
        let party = args.needed_party()?;
        let view = earnings(client, log, args.viewer, party, args.group, (None, None), args.at).await?;
        table(view.table())
    }),
    report!("entities", "legal entities with their parties and shops", "/v1/entities", [Take::Page], entities::SQL, (client, log, args) => {
        if args.viewer != Viewer::All {
            return Err(ReportError::NotFound);
        }
        let view = entities(client, log, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("entries", "entries as plain-text accounting", "/v1/entries", [Take::Party, Take::At, Take::Page], entries::SQL, (client, log, args) => {
        let filter = EntriesFilter {
            party: args.party,
            account: None,
        };
        let view = entries(client, log, args.viewer, filter, args.at, &args.page).await?;
        Ok(Output::Text(view.text()))
    }),
    report!("forecast", "what becomes available on which day", "/v1/balances", [Take::Party], forecast::SQL, (client, log, args) => {
        table(forecast(client, log, args.eyes()?).await?.table())
    }),
    report!("formulas", "formulas with their versions", "/v1/formulas", [Take::At], formulas::SQL, (client, log, args) => {
        table(formulas(client, log, args.at).await?.table())
    }),
    report!("imports", "imported files and what came of them", "/v1/imports", [Take::Page], imports::SQL, (client, log, args) => {
        if args.viewer != Viewer::All {
            return Err(ReportError::NotFound);
        }
        let view = imports(client, log, None, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("freezes", "frozen money of parties", "/v1/freezes", [Take::Party, Take::Page], freezes::SQL, (client, log, args) => {
        let view = freezes(client, log, args.viewer, args.party, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("income", "income by kind of the book's owner, or of a party", "/v1/balances", [Take::Party, Take::Period, Take::At], income::SQL, (client, log, args) => {
        let view = income(client, log, args.viewer, (args.party, args.period), args.at).await?;
        table(view.table())
    }),
    report!("items", "items as last listed", "/v1/products", [Take::Page], items::SQL, (client, log, args) => {
        let view = items(client, log, args.viewer, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("line-ledger", "one row per sub-order line, columns of your choice", "/v1/orders", [Take::Party, Take::Ledger, Take::Page], line_ledger::SQL, (client, log, args) => {
        let ask = LedgerAsk {
            party: args.party.or(args.ledger.party),
            ..args.ledger.clone()
        };
        let ledger = LineLedger::open(client, log, args.viewer, &ask).await?;
        table(ledger.table(&args.page).await?)
    }),
    report!("lines", "lines with the reason of each", "/v1/orders", [Take::Party, Take::Page], lines::SQL, (client, log, args) => {
        let filter = LineFilter {
            party: args.party,
            ..LineFilter::default()
        };
        let view = lines(client, log, args.viewer, filter, &args.page).await?;
        table(view.table(args.lang).followed_by(view.next))
    }),
    report!("lost-commission", "lines that earn less than they might, by cause", "/v1/orders", [Take::Party, Take::Period], lost_commission::SQL, (client, log, args) => {
        table(lost_commission(client, log, args.eyes()?, args.period).await?.table())
    }),
    report!("memberships", "agency contracts by date", "/v1/memberships", [Take::Party, Take::Page], memberships::SQL, (client, log, args) => {
        let view = memberships(client, log, args.viewer, args.party, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("order-counts", "lines by what became of them, with sums", "/v1/trial-balance", [Take::At], order_counts::SQL, (client, log, args) => {
        table(order_counts(client, log, args.at).await?.table())
    }),
    report!("orders", "lines by any outside number", "/v1/orders", [Take::Numbers], lookup::SQL, (client, log, args) => {
        if args.numbers.is_empty() {
            return Err(ReportError::Needs("numbers"));
        }
        table(lookup(client, log, args.viewer, &args.numbers).await?.table())
    }),
    report!("parked", "facts that found no place", "/v1/parked", [Take::Page], parked::SQL, (client, log, args) => {
        let view = parked(client, log, args.viewer, &ParkedFilter::default(), &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("parties", "parties of the book", "/v1/parties", [Take::Kind, Take::Page], parties::SQL, (client, log, args) => {
        let view = parties(client, log, args.viewer, args.kind, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("payments", "payments made outside", "/v1/payments", [Take::Party, Take::Page], payments::SQL, (client, log, args) => {
        let view = payments(client, log, args.viewer, args.party, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("periods", "accounting months", "/v1/periods", [], periods::SQL, (client, log, _args) => {
        table(periods(client, log).await?.table())
    }),
    report!("placements", "placements with their assignments", "/v1/placements", [Take::Page], placements::SQL, (client, log, args) => {
        let view = placements(client, log, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("returns", "returns that name no order, by verdict", "/v1/returns", [], returns::SQL, (client, log, _args) => {
        table(return_counts(client, log).await?.table())
    }),
    report!("policies", "who must agree to what, by amount and date", "/v1/policies", [], policies::SQL, (client, log, _args) => {
        table(policies(client, log).await?.table())
    }),
    report!("receipts", "bills of platforms and merchants, and what was received of them", "/v1/receipts", [Take::Party], bills::SQL, (client, log, args) => {
        table(bills(client, log, args.viewer, args.party).await?.table())
    }),
    report!("reconciliations", "statements compared, with breaks by class", "/v1/reconciliations", [Take::Page], recon::SQL, (client, log, args) => {
        if args.viewer != Viewer::All {
            return Err(ReportError::NotFound);
        }
        let view = reconciliations(client, log, &ReconciliationFilter::default(), &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("return-rates", "returns and refunds only, by anchor, shop or item", "/v1/orders", [Take::Party, Take::Dimension(&[Dimension::Anchor, Dimension::Shop, Dimension::Item]), Take::Period], return_rates::SQL, (client, log, args) => {
        let by = args.by.unwrap_or(Dimension::Anchor);
        table(return_rates(client, log, args.eyes()?, by, args.period).await?.table())
    }),
    report!("rules", "commission rules", "/v1/rules", [Take::Page], rules::SQL, (client, log, args) => {
        let view = rules(client, log, args.viewer, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("settlement", "settlement summary of a month", "/v1/statements", [Take::Kind, Take::Period, Take::At], settlement::SQL, (client, log, args) => {
        let kind = args.kind.unwrap_or(crate::base::PartyKind::Anchor);
        table(settlement(client, log, args.viewer, kind, args.needed_period()?, args.at).await?.table())
    }),
    report!("settlements", "settlement runs and how far they are", "/v1/settlements", [Take::Period, Take::Page], runs::SQL, (client, log, args) => {
        let view = runs(client, log, args.period, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("sheets", "settlement sheets", "/v1/sheets", [Take::Party, Take::Page], sheet::SQL, (client, log, args) => {
        let filter = SheetFilter {
            party: args.party,
            ..SheetFilter::default()
        };
        let view = sheets(client, log, args.viewer, &filter, &args.page).await?;
        table(view.table("Settlement sheets 结算单").followed_by(view.next))
    }),
    report!("shops", "shops and their brands", "/v1/shops", [Take::Page], shops::SQL, (client, log, args) => {
        let view = shops(client, log, args.viewer, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("show-report", "a show, or a room's day: orders, refunds, commission", "/v1/orders", [Take::Party, Take::Period], show_report::SQL, (client, log, args) => {
        table(show_report(client, log, args.eyes()?, args.period).await?.table())
    }),
    report!("statement", "account statement of a party and month", "/v1/statements", [Take::Party, Take::Account, Take::Period, Take::At, Take::Page], statement::SQL, (client, log, args) => {
        let key = StatementKey {
            party: args.needed_party()?,
            account: args.account,
            period: args.needed_period()?,
        };
        let view = statement(client, log, args.viewer, key, args.at, &args.page).await?;
        let zone = streams::book(client, log, view.position).await?.opened.zone;
        table(view.table(zone).followed_by(view.next))
    }),
    report!("statement-difference", "a month's statement as known at two moments, and what lies between", "/v1/statements", [Take::Party, Take::Account, Take::Period, Take::Known, Take::Page], difference::SQL, (client, log, args) => {
        let key = StatementKey {
            party: args.needed_party()?,
            account: args.account,
            period: args.needed_period()?,
        };
        let known = args.known.ok_or(ReportError::Needs("--known-at"))?;
        let view = statement_difference(client, log, args.viewer, key, known, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("submissions", "product submissions, and the commission lost by stock-outs", "/v1/submissions", [Take::Page], submissions::SQL, (client, log, args) => {
        let view = submissions::submissions(client, log, args.viewer, &submissions::SubmissionFilter::default(), &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("trial-balance", "debits and credits, which must be equal", "/v1/trial-balance", [Take::At], trial::SQL, (client, log, args) => {
        table(trial_balance(client, log, args.at).await?.table())
    }),
    report!("waiting", "placements and payers that lines wait for", "/v1/placements/waiting", [], placements::SQL, (client, log, _args) => {
        table(waiting(client, log).await?.table())
    }),
    report!("matches", "anchors for a brief, best first", "/v1/briefs/{brief}/matches", [Take::Brief, Take::Page], matches::SQL, (client, log, args) => {
        let brief = args.brief.as_deref().ok_or(ReportError::Needs("--brief"))?;
        let view = matches::matches(client, log, args.viewer, brief, matches::MONTHS, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("brand-spend", "what brands spend on contracts and commission beside what they sell, by anchor or shop", "/v1/contracts", [Take::Party, Take::Dimension(&[Dimension::Anchor, Dimension::Shop]), Take::Period], contract_money::SQL, (client, log, args) => {
        let by = args.by.unwrap_or(Dimension::Anchor);
        table(brand_spend(client, log, args.eyes()?, by, args.period).await?.table())
    }),
    report!("contract-income", "what brand contracts gave an agency or anchor, by anchor", "/v1/contracts", [Take::Party, Take::Period], contract_money::SQL, (client, log, args) => {
        let party = args.needed_party()?;
        table(contract_income(client, log, party, args.period).await?.table())
    }),
    report!("purchases", "purchases with what they cost, what is owed and what they leave", "/v1/purchases", [Take::Party, Take::Page], purchases::SQL, (client, log, args) => {
        let filter = PurchaseFilter {
            party: args.viewer.party().or(args.party),
            ..PurchaseFilter::default()
        };
        let view = purchases(client, log, args.viewer, &filter, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("supplier-payable", "what purchases owe to suppliers", "/v1/purchases", [Take::Party, Take::Page], sourcing::SQL, (client, log, args) => {
        let view = supplier_payable(client, log, args.viewer, args.party, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("purchase-bills", "cost of purchases as accrued beside the supplier's bill", "/v1/purchases", [Take::Party, Take::Page], &[], (client, log, args) => {
        let view = purchase_bills(client, log, args.viewer, args.party, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("purchase-margins", "margin of dropship orders by product", "/v1/purchases", [Take::Party, Take::Period, Take::Page], &[], (client, log, args) => {
        let view = purchase_margins(client, log, args.viewer, (args.party, args.period), &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("supplier-promises", "dispatch, defects and refunds of suppliers as measured on our purchases", "/v1/trial-balance", [Take::Party, Take::Period, Take::Page], &[], (client, log, args) => {
        let view = supplier_promises(client, log, args.viewer, (args.party, args.period), &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
    report!("samples", "samples that are with their holders, or on their way", "/v1/samples", [Take::Party, Take::Page], samples::SQL, (client, log, args) => {
        let filter = SampleFilter {
            party: args.viewer.party().or(args.party),
            out: true,
            ..SampleFilter::default()
        };
        let view = samples(client, log, &filter, &args.page).await?;
        table(view.table().followed_by(view.next))
    }),
];

/// Statements that several reports share, and those of reads that are no reports.
pub const SHARED: &[&[Statement]] = &[
    at::SQL,
    compare::SQL,
    events::SQL,
    streams::SQL,
    explain::SQL,
    money_receipts::SQL,
    journal::SQL,
    vouchers::SQL,
    who::SQL,
    pool::SQL,
    pool_desk::SQL,
];
