//! Balance sheet 资产负债表 in the book owner's eyes: what others owe, what is owed to them, and the owner's own share, which
//! alone is its income (decision A16). Debit and credit balances of the same account are never netted between owners.
//! Must never call an estimate an asset: the settled layer only.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use super::{At, Cell, Money, ReportError, Statement, Table, Viewer, position, sql, streams, trial, wire};
use crate::base::LogId;
use crate::domain::book::Perspective;
use crate::ledger::AccountKind;
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("balance_sheet")];

/// Where a balance stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Section {
    /// 资产: what others owe.
    Assets,
    /// 负债: what is owed to others.
    Liabilities,
    /// 自有: the owner's own share, and what is not explained.
    Own,
}

impl Section {
    fn heading(self) -> &'static str {
        match self {
            Section::Assets => "assets 资产",
            Section::Liabilities => "liabilities 负债",
            Section::Own => "own 自有",
        }
    }
}

/// One line of the sheet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BalanceSheetRow {
    /// Where it stands.
    pub section: Section,
    /// What it is, in English and Chinese.
    pub item: String,
    /// Accounts of which kind, such as `anchor:available`.
    pub accounts: String,
    /// Positive as its section counts: an asset owed to the owner, a liability owed by it.
    pub amount: Money,
}

/// The sheet after a position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BalanceSheetView {
    /// The position it reflects.
    pub position: i64,
    /// Whose books these are.
    pub perspective: Perspective,
    /// Lines, by currency and section.
    pub rows: Vec<BalanceSheetRow>,
    /// Per currency: assets, liabilities, own.
    pub sums: Vec<[Money; 3]>,
    /// Assets are liabilities and own together, in every currency.
    pub balanced: bool,
}

/// The balance sheet after a position.
pub async fn balance_sheet(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    at: At,
) -> Result<BalanceSheetView, ReportError> {
    if viewer != Viewer::All {
        return Err(ReportError::NotFound);
    }
    let position = position(client, log, at).await?;
    let book = streams::book(client, log, position).await?;
    let owner = book.owner.map(|owner| owner.uuid());
    let found = client
        .query(include_str!("sql/balance_sheet.sql"), &[&log.0, &position, &owner])
        .await?;
    let mut rows: BTreeMap<(Currency, Section, usize, String), (String, Minor)> = BTreeMap::new();
    for row in &found {
        let currency = wire::currency(row.get(0))?;
        let kind = AccountKind::from_code(row.get(3)).ok_or(ReportError::Stored("account"))?;
        let accounts = format!("{}:{}", trial::owner_word(row.get(1))?, kind.word());
        let own: bool = row.get(2);
        for balance in [Minor(row.get(4)), Minor(row.get(5))] {
            if balance.is_zero() {
                continue;
            }
            let (section, item) = place(kind, own, balance.0 > 0);
            let amount = match section {
                Section::Assets => balance.negated()?,
                Section::Liabilities | Section::Own => balance,
            };
            let order = AccountKind::ALL.iter().position(|of| *of == kind).unwrap_or_default();
            let line = rows
                .entry((currency, section, order, accounts.clone()))
                .or_insert_with(|| (item.to_owned(), Minor::ZERO));
            line.1 = line.1.plus(amount)?;
        }
    }
    view(position, book.opened.perspective, rows)
}

type Rows = BTreeMap<(Currency, Section, usize, String), (String, Minor)>;

fn view(position: i64, perspective: Perspective, rows: Rows) -> Result<BalanceSheetView, ReportError> {
    let mut sums: BTreeMap<Currency, [Minor; 3]> = BTreeMap::new();
    let mut lines = Vec::with_capacity(rows.len());
    for ((currency, section, _, accounts), (item, amount)) in rows {
        let sum = sums.entry(currency).or_default();
        let slot = match section {
            Section::Assets => &mut sum[0],
            Section::Liabilities => &mut sum[1],
            Section::Own => &mut sum[2],
        };
        *slot = slot.plus(amount)?;
        lines.push(BalanceSheetRow {
            section,
            item,
            accounts,
            amount: Money::of(amount, currency),
        });
    }
    let mut balanced = true;
    for [assets, liabilities, own] in sums.values() {
        balanced &= *assets == liabilities.plus(*own)?;
    }
    let money = |(currency, sum): (Currency, [Minor; 3])| sum.map(|amount| Money::of(amount, currency));
    Ok(BalanceSheetView {
        position,
        perspective,
        rows: lines,
        sums: sums.into_iter().map(money).collect(),
        balanced,
    })
}

/// Where a balance of an account stands, and how it is called; `credit`: the book owes it.
fn place(kind: AccountKind, own: bool, credit: bool) -> (Section, &'static str) {
    use Section::{Assets, Liabilities, Own};
    match (kind, own, credit) {
        (AccountKind::Income, ..) => (Own, "income of the book 本账收入"),
        (AccountKind::Cutover, ..) => (Own, "cut-over offset, must reach zero 期初对冲"),
        (AccountKind::Commission, true, _) => (Own, "the owner's commission cost 本方佣金成本"),
        (AccountKind::Cash, ..) => (Assets, "cash 资金"),
        (AccountKind::Purchases, true, _) => (Assets, "goods bought 采购"),
        (AccountKind::Advance, true, _) => (Own, "advances to the owner 本方预支"),
        (_, true, _) => (Own, "the owner's own share 本方收益"),
        (AccountKind::Available, _, true) => (Liabilities, "payable to parties 应付分佣"),
        (AccountKind::Available, _, false) => (Assets, "receivable from parties, carried 负数结转"),
        (AccountKind::Frozen, _, true) => (Liabilities, "frozen 冻结"),
        (AccountKind::Frozen, _, false) => (Assets, "frozen beyond what is held 冻结透支"),
        (AccountKind::ClawbackDue, _, true) => (Liabilities, "taken back, due to payers 待扣回"),
        (AccountKind::ClawbackDue, _, false) => (Assets, "given to payers ahead of takers 已先行退还"),
        (AccountKind::Held, _, true) => (Liabilities, "set aside by holds 履约冻结"),
        (AccountKind::Held, _, false) => (Assets, "holds overdrawn 履约冻结透支"),
        (AccountKind::DirectPaid, ..) => (Assets, "less: paid by platforms directly 减：平台直付"),
        (AccountKind::Commission, _, true) => (Liabilities, "commission to give back 应退佣金"),
        (AccountKind::Commission, _, false) => (Assets, "commission receivable 应收佣金"),
        (AccountKind::Clearing, _, true) => (Liabilities, "due to platforms 应付平台"),
        (AccountKind::Clearing, _, false) => (Assets, "due from platforms 应收平台"),
        (AccountKind::Suspense, _, true) => (Liabilities, "not yet explained 待查"),
        (AccountKind::Suspense, _, false) => (Assets, "not yet explained 待查"),
        (AccountKind::Purchases, ..) => (Assets, "goods bought by parties 采购"),
        (AccountKind::Advance, _, true) => (Liabilities, "advances overpaid 预支多还"),
        (AccountKind::Advance, _, false) => (Assets, "advances 预支"),
    }
}

impl BalanceSheetView {
    /// As a table; the sums stand last.
    pub fn table(&self) -> Table {
        let verdict = if self.balanced {
            "balanced 平"
        } else {
            "NOT BALANCED 不平"
        };
        let whose = match self.perspective {
            Perspective::Platform => "a platform operator 平台",
            Perspective::Agency => "an agency 机构",
            Perspective::Brand => "a brand 品牌",
        };
        let mut table = Table::new(
            format!(
                "Balance sheet 资产负债表 of {whose} at position {}: {verdict}",
                self.position
            ),
            &[
                "section 类别",
                "item 项目",
                "accounts 科目",
                "amount 金额",
                "currency 币种",
            ],
        );
        for row in &self.rows {
            table.push([
                row.section.heading().into(),
                row.item.clone().into(),
                row.accounts.clone().into(),
                Cell::from(&row.amount),
                row.amount.currency.as_str().into(),
            ]);
        }
        for sums in &self.sums {
            for (section, sum) in [Section::Assets, Section::Liabilities, Section::Own]
                .into_iter()
                .zip(sums)
            {
                table.push([
                    section.heading().into(),
                    "sum 合计".into(),
                    Cell::Empty,
                    Cell::from(sum),
                    sum.currency.as_str().into(),
                ]);
            }
        }
        table
    }
}
