//! Settlement sheets 结算单: what a run makes payable to a party, part by part; its lines, and an agency's anchors.
//! Must never recompute an amount: a sheet is what was drafted, and its lines are read at the position it reflects.

use std::collections::BTreeMap;

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{
    At, Cell, Money, Page, ReportError, Statement, StatementKey, StatementView, Table, Viewer, sql, statement, streams,
    wire,
};
use crate::base::{Instant, LineId, LogId, MembershipId, Month, PartyId, PartyKind, RunId, SheetId};
use crate::domain::settlement::{Other, Part, Stage};
use crate::domain::world::Entity;
use crate::ledger::AccountKind;
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("sheets_page"), sql!("sheet_members")];

/// The word of a part in English and Chinese.
pub fn part_words(part: Part) -> [&'static str; 2] {
    match part {
        Part::Settled => ["commission settled", "佣金结算"],
        Part::Clawbacks => ["claw-backs", "佣金扣回"],
        Part::TrueUps => ["true-ups", "分成结算差额"],
        Part::Contracts => ["brand contracts", "V任务"],
        Part::Sourcing => ["sourcing", "供货"],
        Part::Penalties => ["penalties", "罚款"],
        Part::Freezes => ["frozen and lifted", "冻结与解冻"],
        Part::Guarantees => ["minimum guarantee", "保底"],
        Part::ReserveHeld => ["reserve held", "退货准备金计提"],
        Part::ReserveReleased => ["reserve released", "退货准备金释放"],
        Part::Adjustments => ["adjustments", "调整"],
        Part::Charges => ["charges", "费用"],
        Part::Payments => ["payments", "付款"],
        Part::Receipts => ["receipts of money", "回款"],
        Part::WriteOffs => ["written off", "核销"],
    }
}

/// One part of a sheet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SheetPart {
    /// settled, clawbacks, true_ups, contracts, sourcing, penalties, freezes, guarantees, reserve_held, reserve_released,
    /// adjustments, charges, payments, receipts or write_offs.
    #[schema(value_type = String)]
    pub part: Part,
    /// What it is, in English.
    pub text: &'static str,
    /// What it is, in Chinese.
    pub text_zh: &'static str,
    /// `+` in favour of the party.
    pub amount: Money,
}

/// Another account of the party.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OtherAccountView {
    /// Which: frozen, held, clawback_due, advance, direct_paid, …
    #[schema(value_type = String)]
    pub account: AccountKind,
    /// 期初
    pub opening: Money,
    /// What the month moved.
    pub moved: Money,
    /// 期末
    pub closing: Money,
}

/// What the lines of the month came to under one set of terms of a contract.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct UnderTermsView {
    /// The contract.
    #[schema(value_type = String)]
    pub membership: MembershipId,
    /// Start of the terms.
    #[schema(value_type = String)]
    pub from: Instant,
    /// The party above.
    #[schema(value_type = String)]
    pub upper: PartyId,
    /// Movements.
    pub lines: u64,
    /// What they came to.
    pub amount: Money,
}

/// A contest of a sheet and what was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ContestView {
    /// Why.
    pub reason: String,
    /// Which lines.
    #[schema(value_type = Vec<String>)]
    pub lines: Vec<LineId>,
    /// What was found, once it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// A settlement sheet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SheetView {
    /// Which.
    #[schema(value_type = String)]
    pub sheet: SheetId,
    /// Of which run.
    #[schema(value_type = String)]
    pub run: RunId,
    /// The month.
    #[schema(value_type = String)]
    pub period: Month,
    /// Which run of the month: drafts that were dropped keep their number.
    pub number: i32,
    /// How far the run is: drafting, drafted, approved, issued, locked or dropped.
    #[schema(value_type = String)]
    pub stage: Stage,
    /// The position whose legs it reflects.
    pub position: i64,
    /// Whose.
    #[schema(value_type = String)]
    pub party: PartyId,
    /// Its name.
    pub name: String,
    /// The book's own number for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The account it is about: `available`, what is owed to the party; for a brand `commission`, what it owes.
    #[schema(value_type = String)]
    pub account: AccountKind,
    /// Currency.
    pub currency: String,
    /// drafted, delivered, confirmed, deemed_confirmed or contested.
    pub status: String,
    /// Not issued with the others.
    pub held_back: bool,
    /// 期初: closing of the month before.
    pub opening: Money,
    /// What moved it, in the order of the sheet; nothing that is zero.
    pub parts: Vec<SheetPart>,
    /// 期末: opening and parts.
    pub closing: Money,
    /// 应付: what this run makes payable.
    pub payable: Money,
    /// 结转: carried to the next month: a negative balance, one below the minimum payout, or what a suspended party is owed.
    pub carried: Money,
    /// Why nothing is payable although something is owed: the party is not to be paid 暂停付款, for this reason. The amount
    /// becomes payable in the first run after it is resumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<String>,
    /// 未回款: earned, and not payable before its debtors pay: part of what is carried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreceived: Option<Money>,
    /// 垫付: payable although its debtors have not paid yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advanced: Option<Money>,
    /// The day by which it is to be paid, once it is issued and terms name one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pay_by: Option<String>,
    /// 离场结算: drawn up for a party that leaves, in a month that was open.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub exit: bool,
    /// 预估: what is estimated and not settled yet, and comes on a later sheet; of an exit settlement only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated: Option<Money>,
    /// Where its run began: tells runs of one month apart.
    #[serde(skip)]
    pub started_at: i64,
    /// The month since which it has been negative without a break.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negative_since: Option<Month>,
    /// For how many months, its own included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negative_months: Option<i32>,
    /// Other accounts that hold or moved something.
    pub others: Vec<OtherAccountView>,
    /// Subtotals by terms, in the single view, when there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub under: Vec<UnderTermsView>,
    /// Movements of the month in all its accounts.
    pub lines: i64,
    /// SHA-256 of their list.
    pub lines_sha256: String,
    /// SHA-256 of the sheet.
    pub sha256: String,
    /// The last contest, in the single view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contest: Option<ContestView>,
}

/// Sheets a page at a time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SheetsView {
    /// Sheets, by month, party and currency.
    pub sheets: Vec<SheetView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which sheets.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SheetFilter {
    /// Of a run.
    pub run: Option<RunId>,
    /// Of a party.
    pub party: Option<PartyId>,
    /// With a status.
    pub status: Option<String>,
}

/// Sheets the viewer may see. A party sees its own from the draft on.
pub async fn sheets(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    filter: &SheetFilter,
    page: &Page,
) -> Result<SheetsView, ReportError> {
    let (period, party, currency, number) = match page.parts::<4>()? {
        Some([period, party, currency, number]) => (
            part::<Month>(period)?.number(),
            part::<PartyId>(party)?.uuid(),
            currency,
            part::<i64>(number)?,
        ),
        None => (0, Uuid::nil(), "", 0_i64),
    };
    let of = filter.party.map(PartyId::uuid);
    let (run, own) = (filter.run.map(|run| run.0), viewer.party().map(PartyId::uuid));
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 11] = [
        &log.0,
        &run,
        &of,
        &None::<Uuid>,
        &own,
        &filter.status,
        &period,
        &party,
        &currency,
        &number,
        &page.fetch(),
    ];
    let mut rows = client.query(include_str!("sql/sheets_page.sql"), &params).await?;
    let more = page.cut(&mut rows);
    let sheets: Vec<SheetView> = rows.iter().map(view).collect::<Result<_, _>>()?;
    let next = sheets.last().filter(|_| more);
    let next = next.map(|last| format!("{}~{}~{}~{}", last.period, last.party, last.currency, last.started_at));
    Ok(SheetsView { sheets, next })
}

/// One sheet, with its subtotals and its last contest.
pub async fn sheet(client: &Client, log: LogId, viewer: Viewer, id: SheetId) -> Result<SheetView, ReportError> {
    let own = viewer.party().map(PartyId::uuid);
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 11] = [
        &log.0,
        &None::<Uuid>,
        &None::<Uuid>,
        &id.0,
        &own,
        &None::<String>,
        &0_i32,
        &Uuid::nil(),
        &"",
        &0_i64,
        &1_i64,
    ];
    let row = client.query_opt(include_str!("sql/sheets_page.sql"), &params).await?;
    let mut view = view(&row.ok_or(ReportError::NotFound)?)?;
    let events = streams::events(client, log, id.into(), i64::MAX).await?;
    let Some(Entity::Sheet(state)) = streams::fold(&events) else {
        return Err(ReportError::NotFound);
    };
    if let Some(sheet) = &state.sheet {
        let under = sheet.under.iter().map(|of| UnderTermsView {
            membership: of.membership,
            from: of.from,
            upper: of.upper,
            lines: of.lines,
            amount: Money::of(of.amount, sheet.currency),
        });
        view.under = under.collect();
    }
    view.contest = state.contest.as_ref().map(|contest| ContestView {
        reason: contest.reason.clone(),
        lines: contest.lines.clone(),
        answer: state.answer.clone(),
    });
    Ok(view)
}

/// A page of the lines behind a sheet: its main account in the month, as of the position that it reflects.
pub async fn sheet_lines(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    id: SheetId,
    page: &Page,
) -> Result<StatementView, ReportError> {
    let sheet = sheet(client, log, viewer, id).await?;
    let key = StatementKey {
        party: sheet.party,
        account: sheet.account,
        period: sheet.period,
    };
    let at = At::Position(sheet.position);
    statement(client, log, Viewer::Party(sheet.party), key, at, page).await
}

/// One anchor of an agency's sheet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SheetMember {
    /// The anchor of the lines; absent for lines without one.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// Its name.
    pub name: String,
    /// Movements.
    pub lines: i64,
    /// What they gave the sheet's party.
    pub amount: Money,
}

/// Where a sheet's money of lines came from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SheetMembersView {
    /// The sheet.
    #[schema(value_type = String)]
    pub sheet: SheetId,
    /// By anchor of the line.
    pub members: Vec<SheetMember>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What each anchor's lines gave the party of a sheet: an agency sees its anchors.
pub async fn sheet_members(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    id: SheetId,
    page: &Page,
) -> Result<SheetMembersView, ReportError> {
    let sheet = sheet(client, log, viewer, id).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<PartyId>(after)?.uuid(),
        None => Uuid::nil(),
    };
    let currency: Currency = wire::currency(&sheet.currency)?;
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 8] = [
        &log.0,
        &sheet.period.number(),
        &sheet.party.uuid(),
        &sheet.position,
        &sheet.currency,
        &sheet.account.code(),
        &after,
        &page.fetch(),
    ];
    let mut rows = client.query(include_str!("sql/sheet_members.sql"), &params).await?;
    let more = page.cut(&mut rows);
    let member = |row: &Row| {
        Ok(SheetMember {
            party: row.get::<_, Option<Uuid>>(0).map(wire::party).transpose()?,
            name: row.get(1),
            lines: row.get(2),
            amount: Money::of(Minor(row.get(3)), currency),
        })
    };
    let members: Vec<SheetMember> = rows.iter().map(member).collect::<Result<_, ReportError>>()?;
    let next = members.last().filter(|_| more).and_then(|last| last.party);
    Ok(SheetMembersView {
        sheet: id,
        members,
        next: next.map(|party| party.to_string()),
    })
}

/// Parts of a sheet as its row keeps them.
pub(super) fn parts_of(text: &str) -> Result<BTreeMap<Part, Minor>, ReportError> {
    serde_json::from_str(text).map_err(|_| ReportError::Stored("parts"))
}

fn view(row: &Row) -> Result<SheetView, ReportError> {
    let currency = wire::currency(row.get(9))?;
    let money = |at: usize| Money::of(Minor(row.get(at)), currency);
    let month = |number: i32| Month::from_number(number).map_err(|_| ReportError::Stored("period"));
    let period = month(row.get(5))?;
    let stage: String = row.get(3);
    let parts = parts_of(row.get(14))?.into_iter().map(|(part, amount)| {
        let [text, text_zh] = part_words(part);
        SheetPart {
            part,
            text,
            text_zh,
            amount: Money::of(amount, currency),
        }
    });
    let others: Vec<Other> = serde_json::from_str(row.get(19)).map_err(|_| ReportError::Stored("others"))?;
    let other = |of: &Other| {
        Ok(OtherAccountView {
            account: of.account,
            opening: Money::of(of.opening, currency),
            moved: Money::of(of.closing.minus(of.opening)?, currency),
            closing: Money::of(of.closing, currency),
        })
    };
    let negative_since = row.get::<_, Option<i32>>(18).map(month).transpose()?;
    Ok(SheetView {
        sheet: SheetId(row.get(0)),
        run: RunId(row.get(1)),
        number: row.get(2),
        stage: Stage::from_word(&stage).ok_or(ReportError::Stored("stage"))?,
        position: row.get::<_, Option<i64>>(4).unwrap_or_default(),
        period,
        party: wire::party(row.get(6))?,
        name: row.get::<_, Option<String>>(7).unwrap_or_default(),
        external_id: row.get(8),
        currency: currency.code().to_owned(),
        account: AccountKind::from_code(row.get(10)).ok_or(ReportError::Stored("account"))?,
        status: row.get(11),
        held_back: row.get(12),
        opening: money(13),
        parts: parts.collect(),
        closing: money(15),
        payable: money(16),
        carried: money(17),
        suspended: row.get(23),
        pay_by: row.get(24),
        unreceived: Some(money(25)).filter(|_| row.get::<_, i64>(25) != 0),
        advanced: Some(money(26)).filter(|_| row.get::<_, i64>(26) != 0),
        estimated: row
            .get::<_, Option<i64>>(27)
            .map(|amount| Money::of(Minor(amount), currency)),
        exit: row.get(28),
        started_at: row.get(29),
        negative_months: negative_since.map(|since| months_from(since, period)),
        negative_since,
        others: others.iter().map(other).collect::<Result<_, ReportError>>()?,
        under: Vec::new(),
        lines: row.get(20),
        lines_sha256: row.get(21),
        sha256: row.get(22),
        contest: None,
    })
}

/// Months from one to another, both counted.
fn months_from(from: Month, to: Month) -> i32 {
    let index = |month: Month| month.year * 12 + i32::try_from(month.month).unwrap_or(1);
    index(to) - index(from) + 1
}

impl SheetView {
    /// One part; zero when nothing of it moved.
    pub fn amount(&self, part: Part) -> Option<&Money> {
        self.parts.iter().find(|of| of.part == part).map(|of| &of.amount)
    }

    /// Amounts that explain what is payable or carried, beside it: not received yet, advanced, estimated.
    pub fn beside(&self) -> Vec<(&'static str, &'static str, &Money)> {
        let shown = [
            ("of it not received yet", "其中未回款", self.unreceived.as_ref()),
            ("of the payable advanced", "应付中垫付", self.advanced.as_ref()),
            ("estimated, on a later sheet", "预估，后续结算", self.estimated.as_ref()),
        ];
        let told = shown.into_iter().filter_map(|(en, zh, money)| Some((en, zh, money?)));
        told.collect()
    }

    /// What the party is.
    pub fn kind(&self) -> PartyKind {
        self.party.kind()
    }

    /// As a table: opening, parts, closing, payable.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!(
                "Settlement sheet 结算单 {} {} {} at position {}",
                self.period, self.name, self.currency, self.position
            ),
            &["item", "项目", "amount"],
        );
        let mut row = |text: &str, zh: &str, money: &Money| table.push([text.into(), zh.into(), Cell::from(money)]);
        row("opening", "期初", &self.opening);
        for part in &self.parts {
            row(part.text, part.text_zh, &part.amount);
        }
        row("closing", "期末", &self.closing);
        row("payable", "应付", &self.payable);
        row("carried", "结转", &self.carried);
        for (text, zh, money) in self.beside() {
            row(text, zh, money);
        }
        if let Some(reason) = &self.suspended {
            table.push([
                format!("not paid: {reason}").into(),
                format!("暂停付款：{reason}").into(),
                Cell::from(&self.carried),
            ]);
        }
        table
    }
}

impl SheetsView {
    /// As a table, one row a sheet.
    pub fn table(&self, title: impl Into<String>) -> Table {
        let columns = [
            "sheet",
            "period",
            "party",
            "name",
            "currency",
            "status",
            "opening",
            "lines 明细",
            "closing",
            "payable",
            "carried",
        ];
        let mut table = Table::new(title, &columns);
        for sheet in &self.sheets {
            table.push([
                sheet.sheet.to_string().into(),
                sheet.period.to_string().into(),
                sheet.party.to_string().into(),
                sheet.name.clone().into(),
                sheet.currency.as_str().into(),
                sheet.status.clone().into(),
                Cell::from(&sheet.opening),
                sheet.lines.into(),
                Cell::from(&sheet.closing),
                Cell::from(&sheet.payable),
                Cell::from(&sheet.carried),
            ]);
        }
        table
    }
}
