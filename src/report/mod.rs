//! Read models and reports, one per file: a function over a client and a log gives a view that is the wire shape, with the
//! position it reflects. REGISTRY lists every report with its statements.
//! Must never decide, write, or import a decider, the engine or HTTP.
//!
//! Consistency: legs and events never change, so a read bounded by a position needs no transaction. `total` moves; where a
//! read starts from totals it takes them and the legs after the position in one statement, so one snapshot.

mod accounts;
mod accrual;
mod ageing;
mod approvals;
mod args;
mod at;
mod balance_sheet;
mod balances;
mod bills;
mod briefs;
mod click_coverage;
mod commission_cost;
mod compare;
mod contract_money;
mod contract_sales;
mod contracts;
mod coverage;
mod csv;
mod cutovers;
mod difference;
mod dimension;
mod disputes;
mod earnings;
mod entities;
mod entries;
mod error;
mod events;
mod explain;
mod forecast;
mod formulas;
mod freezes;
mod history;
mod imports;
mod income;
mod items;
mod journal;
mod line_ledger;
mod lines;
mod lookup;
mod lost_commission;
mod matches;
mod memberships;
mod money_receipts;
mod names;
mod offer_terms;
mod offers;
mod order_counts;
mod page;
mod parked;
mod parties;
mod payments;
mod pending;
mod periods;
mod placements;
mod policies;
mod pool;
mod pool_desk;
mod pool_facets;
mod purchases;
mod quotes;
mod reason;
mod recon;
mod registry;
mod return_rates;
mod returns;
mod rules;
mod runs;
mod samples;
mod scan;
mod settlement;
mod sheet;
mod shops;
mod show_report;
mod simulation;
mod sourcing;
mod statement;
mod streams;
mod submissions;
mod suppliers;
mod table;
mod terms;
#[cfg(test)]
mod tests;
mod trial;
mod vouchers;
mod vtask_terms;
mod who;
pub mod wire;
mod xlsx;

pub use accounts::{AccountView, AccountsView, accounts};
pub use accrual::{AccrualRow, AccrualView, accrual};
pub use ageing::{AgeingRow, AgeingView, ageing};
pub use approvals::{AgreedView, ApprovalFilter, ApprovalView, ApprovalsView, PendingLeg, approval, approvals};
pub use args::Args;
pub use at::{At, Head, head, position};
pub use balance_sheet::{BalanceSheetRow, BalanceSheetView, Section, balance_sheet};
pub use balances::{BalanceView, BalancesView, balances, balances_of};
pub use bills::{BillView, BillsView, bills};
pub use briefs::{ApplicationView, BriefFilter, BriefRow, BriefView, BriefsView, brief, brief_named, briefs};
pub use click_coverage::{ClickCoverageView, click_coverage};
pub use commission_cost::{CostRow, CostView, commission_cost};
pub use compare::{SettledLine, SettledOf, settled_elsewhere, settled_lines};
pub use contract_money::{BrandSpendView, ContractIncomeView, IncomeByAnchor, SpendRow, brand_spend, contract_income};
pub use contract_sales::contract_sales;
pub use contracts::{ContractFilter, ContractRow, ContractView, ContractsView, contract, contract_named, contracts};
pub use coverage::{CoverageFilter, CoverageView, SourceCoverage, Stretch, coverage};
pub use csv::{CsvRows, cell, write_csv};
pub use cutovers::{CutoverView, CutoversView, HeldView, OpeningView, cutovers};
pub use difference::{DifferenceLine, DifferenceView, statement_difference};
pub use dimension::Dimension;
pub use disputes::{DisputeView, DisputesView, Evidence, dispute, disputes, evidence};
pub use earnings::{EarningsGroup, EarningsView, GroupBy, Pockets, earnings};
pub use entities::{LegalEntitiesView, LegalEntityView, entities};
pub use entries::{EntriesFilter, EntriesView, EntryView, entries};
pub use error::ReportError;
pub use events::{EventView, EventsView, events};
pub use explain::{
    ExplainView, Fold, FoldBy, Lang, Node, explain_balance, explain_difference, explain_leg, explain_line,
    explain_month, explain_sheet,
};
pub use forecast::{ForecastRow, ForecastView, Known, forecast};
pub use formulas::{FormulaView, FormulasView, formulas};
pub use freezes::{FreezeView, FreezesView, freezes};
pub use history::Part;
pub use imports::{
    FileView, FilesView, ImportCount, ImportProgress, ImportRow, ImportRowsView, ImportView, ImportsView, LineRow,
    LineRowsView, MappingView, RowFact, RowFilter, file, files, files_missing, import, import_rows, imports,
    own_mappings, rows_of_line,
};
pub use income::{IncomeRow, IncomeView, income};
pub use items::{ItemView, ItemsView, item, items};
pub use journal::{
    BookFace, JournalAccount, JournalEntry, JournalFilter, JournalLeg, book_face, journal_accounts, journal_entries,
    journal_months, long_read, party_name,
};
pub use line_ledger::{
    ColumnView, LEDGER_PAGE, LINE_STATUS, LedgerAsk, LineLedger, LineLedgerView, ledger_columns, shop_named,
};
pub use lines::{LineFilter, LineView, LinesView, line, lines, lines_of_orders};
pub use lookup::{FoundAs, LookupView, NUMBERS, lookup, numbers_in};
pub use lost_commission::{LostRow, LostView, lost_commission};
pub use matches::{MONTHS, MOST_MONTHS, MatchView, MatchesView, match_statement, matches};
pub use memberships::{MembershipView, MembershipsView, memberships};
pub use money_receipts::{ReceiptView, ReceiptsView, SettledBillView, money_receipts};
pub use offer_terms::{OfferTermsView, PricedView};
pub use offers::{
    OfferFilter, OfferRowView, OfferVersionView, OfferVersionsView, OfferView, OffersView, offer, offer_on_sale,
    offer_versions, offers,
};
pub use order_counts::{OrderCountsView, order_counts};
pub use page::Page;
pub use parked::{CandidateView, ParkedFilter, ParkedReturn, ParkedRow, ParkedState, ParkedView, ResolvedView, parked};
pub use parties::{PartiesView, PartyView, parties, party};
pub use payments::{PaymentView, PaymentsView, payment, payments};
pub use pending::Detail;
pub use periods::{PeriodView, PeriodsView, periods};
pub use placements::{PlacementView, PlacementsView, WaitingView, WaitingsView, placements, waiting};
pub use policies::{PoliciesView, PolicyView, StepView, policies};
pub use pool::{CAP as POOL_CAP, PoolAsk, PoolEntryView, PoolSort, PoolView, pool, pool_plans};
pub use pool_desk::{
    KeptEntryView, MySalesView, OthersView, PoolItemView, SeenView, SelectionView, SelectionsView, WatchView,
    WatchesView, pool_item, selection, selections, watches,
};
pub use pool_facets::{FacetLists, FacetValue, Facets, PoolCount};
pub use quotes::{QuoteFilter, QuoteRowView, QuoteView, QuotesView, quote, quote_buyer, quotes};
pub use reason::Why;
pub use recon::{
    BreakCounts, BreakFilter, BreakView, BreaksView, ReconciliationFilter, ReconciliationView, ReconciliationsView,
    breaks, reconciliation, reconciliations,
};
pub use registry::{Output, REGISTRY, Report, SHARED, Take};
pub use return_rates::{ReturnRatesView, ReturnRow, return_rates};
pub use returns::{ReturnCount, ReturnCountsView, return_counts};
pub use rules::{RuleVersionView, RuleView, RulesView, rule, rules};
pub use runs::{
    DifferencesView, RunSumView, RunView, RunsView, SheetDifference, TieRow, differences, exits, last_run_before, run,
    runs,
};
pub use settlement::{MonthCell, SettlementRow, SettlementView, settlement};
pub use sheet::{
    ContestView, OtherAccountView, SheetFilter, SheetMember, SheetMembersView, SheetPart, SheetView, SheetsView,
    UnderTermsView, part_words, sheet, sheet_lines, sheet_members, sheets,
};
pub use shops::{ShopView, ShopsView, shop, shops};
pub use show_report::{ShowRow, ShowsView, show_report};
pub use simulation::{SimulatedParty, SimulatedRange, SimulatedSum, SimulationView, simulation};
pub use statement::{
    StatementKey, StatementLine, StatementSum, StatementView, statement, statement_cells, statement_columns,
    statement_csv, statement_keys,
};
pub use submissions::{
    ClashView, QualificationView, SubmissionFilter, SubmissionRow, SubmissionView, SubmissionsView, running_order,
    submission, submission_named, submissions,
};
pub use suppliers::{SupplierFilter, SupplierRowView, SupplierView, SuppliersView, supplier, suppliers};
pub use table::{Cell, Table};
pub use terms::{CalendarDayView, CalendarView, CalendarsView, PayableOnView, TermsView, calendars, settlement_terms};
pub use trial::{TrialBalanceView, trial_balance};
pub use vouchers::{VoucherAsk, VoucherSum, voucher_sums};
pub use vtask_terms::ContractTermsView;
pub use who::{ScriptView, WhoView};
pub use wire::Money;
pub use xlsx::{SHEET_ROWS, XlsxRows, write_xlsx};

pub use explain::explain_purchase;
pub use purchases::{PurchaseFilter, PurchaseView, PurchasesView, purchase, purchase_named, purchases};
pub use samples::{
    SampleFilter, SampleRulesView, SampleView, SamplesView, sample, sample_rules, sample_sides, samples,
};
pub use sourcing::{
    AccruedRow, MarginRow, PayableRow, PromiseRow, SourcingView, purchase_bills, purchase_margins, supplier_payable,
    supplier_promises,
};

use crate::base::PartyId;
use crate::ledger::Account;

/// Who looks. A party sees its own and nothing else; what is foreign looks as if it did not exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Viewer {
    /// Everything of the book.
    All,
    /// One party.
    Party(PartyId),
}

impl Viewer {
    /// True when the viewer may see what belongs to `party`.
    pub fn sees(self, party: PartyId) -> bool {
        match self {
            Viewer::All => true,
            Viewer::Party(own) => own == party,
        }
    }

    /// True when the viewer may see an account: accounts of the book itself are for a viewer of everything.
    pub fn sees_account(self, account: Account) -> bool {
        account.party().map_or(self == Viewer::All, |party| self.sees(party))
    }

    /// The party whose rows alone are shown; none for everything.
    pub fn party(self) -> Option<PartyId> {
        match self {
            Viewer::All => None,
            Viewer::Party(party) => Some(party),
        }
    }
}

/// One statement with the name of its file.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// File in `src/report/sql`, without `.sql`.
    pub file: &'static str,
    /// The text.
    pub sql: &'static str,
}

macro_rules! sql {
    ($file:literal) => {
        $crate::report::Statement {
            file: $file,
            sql: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/sql/", $file, ".sql")),
        }
    };
}
use sql;
