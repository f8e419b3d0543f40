//! Read models and reports, one per file: a function over a client and a log gives a view that is the wire shape, with the
//! position it reflects. REGISTRY lists every report with its statements.
//! Must never decide, write, or import a decider, the engine or HTTP.
//!
//! Consistency: legs and events never change, so a read bounded by a position needs no transaction. `total` moves; where a
//! read starts from totals it takes them and the legs after the position in one statement, so one snapshot.

mod accounts;
mod approvals;
mod args;
mod at;
mod balances;
mod briefs;
mod click_coverage;
mod compare;
mod contract_sales;
mod contracts;
mod coverage;
mod csv;
mod cutovers;
mod earnings;
mod entries;
mod error;
mod events;
mod explain;
mod formulas;
mod history;
mod imports;
mod items;
mod line_ledger;
mod lines;
mod lookup;
mod memberships;
mod order_counts;
mod page;
mod parked;
mod parties;
mod periods;
mod placements;
mod reason;
mod registry;
mod rules;
mod settlement;
mod shops;
mod statement;
mod streams;
mod table;
#[cfg(test)]
mod tests;
mod trial;
mod vtask_terms;
pub mod wire;
mod xlsx;

pub use accounts::{AccountView, AccountsView, accounts};
pub use approvals::{ApprovalView, ApprovalsView, approval, approvals};
pub use args::Args;
pub use at::{At, Head, head, position};
pub use balances::{BalanceView, BalancesView, balances, balances_of};
pub use briefs::{ApplicationView, BriefFilter, BriefRow, BriefView, BriefsView, brief, brief_named, briefs};
pub use click_coverage::{ClickCoverageView, click_coverage};
pub use compare::{SettledLine, SettledOf, settled_elsewhere, settled_lines};
pub use contract_sales::contract_sales;
pub use contracts::{ContractFilter, ContractRow, ContractView, ContractsView, contract, contract_named, contracts};
pub use coverage::{CoverageFilter, CoverageView, SourceCoverage, Stretch, coverage};
pub use csv::{CsvRows, cell, write_csv};
pub use cutovers::{CutoverView, CutoversView, HeldView, OpeningView, cutovers};
pub use earnings::{EarningsGroup, EarningsView, GroupBy, Pockets, earnings};
pub use entries::{EntriesFilter, EntriesView, EntryView, entries};
pub use error::ReportError;
pub use events::{EventView, EventsView, events};
pub use explain::{ExplainView, Lang, Node, explain_leg, explain_line};
pub use formulas::{FormulaView, FormulasView, formulas};
pub use history::Part;
pub use imports::{
    FileView, FilesView, ImportCount, ImportProgress, ImportRow, ImportRowsView, ImportView, ImportsView, LineRow,
    LineRowsView, MappingView, RowFact, RowFilter, file, files, import, import_rows, imports, own_mappings,
    rows_of_line,
};
pub use items::{ItemView, ItemsView, item, items};
pub use line_ledger::{
    ColumnView, LEDGER_PAGE, LINE_STATUS, LedgerAsk, LineLedger, LineLedgerView, ledger_columns, shop_named,
};
pub use lines::{LineFilter, LineView, LinesView, line, lines, lines_of_orders};
pub use lookup::{FoundAs, LookupView, NUMBERS, lookup, numbers_in};
pub use memberships::{MembershipView, MembershipsView, memberships};
pub use order_counts::{OrderCountsView, order_counts};
pub use page::Page;
pub use parked::{ParkedFilter, ParkedRow, ParkedState, ParkedView, ResolvedView, parked};
pub use parties::{PartiesView, PartyView, parties, party};
pub use periods::{PeriodView, PeriodsView, periods};
pub use placements::{PlacementView, PlacementsView, WaitingView, WaitingsView, placements, waiting};
pub use reason::Why;
pub use registry::{Output, REGISTRY, Report, SHARED, Take};
pub use rules::{RuleVersionView, RuleView, RulesView, rule, rules};
pub use settlement::{SettlementRow, SettlementView, settlement};
pub use shops::{ShopView, ShopsView, shop, shops};
pub use statement::{StatementKey, StatementView, statement, statement_csv};
pub use table::{Cell, Table};
pub use trial::{TrialBalanceView, trial_balance};
pub use vtask_terms::TermsView;
pub use wire::Money;
pub use xlsx::{SHEET_ROWS, XlsxRows, write_xlsx};

use crate::base::PartyId;

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
