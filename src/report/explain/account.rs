//! Explanations of an account: its balance, a cell of a month, and what lies between two moments. The sum is taken from
//! where the reports take it, the events from the legs: the two must agree.
//! Must never smooth over a difference: a gap between them is a node of its own, and shouted.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use super::super::MonthCell;
use super::super::statement::{self, Sum};
use super::super::{At, Money, ReportError, Viewer, part_words, position, sheet, streams, wire};
use super::fold::{Folded, Legs, Only, fold, owner_uuid};
use super::{ExplainView, Fold, Node, may_see};
use crate::base::{LogId, Month, SheetId};
use crate::domain::book::BookState;
use crate::domain::settlement::Part;
use crate::ledger::{Account, Layer};
use crate::money::{Currency, Minor};

/// Explains what an account holds after a position, in the book's first currency unless another is named.
pub async fn explain_balance(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (account, layer, currency): (Account, Layer, Option<Currency>),
    at: At,
    how: &Fold,
) -> Result<ExplainView, ReportError> {
    may_see(viewer, account)?;
    let position = position(client, log, at).await?;
    let book = streams::book(client, log, position).await?;
    let currency = currency.unwrap_or_else(|| first_currency(&book));
    let held = balance(client, log, account, (layer, currency), position).await?;
    let amount = Money::of(held, currency);
    let layer_zh = match layer {
        Layer::Estimated => "预估",
        Layer::Settled => "已结算",
    };
    let root = Node::new(
        "balance",
        format!(
            "{} {currency}: {account}, {}, at position {position}",
            amount.amount,
            layer.word()
        ),
        format!("{} {currency}：{account}，{layer_zh}，位置 {position}", amount.amount),
    );
    let legs = Legs {
        account,
        layer,
        currency,
        after: 0,
        until: position,
        month: None,
        only: None,
    };
    explained(client, log, viewer, (legs, &book), (held, root), how).await
}

/// Explains a cell of an account's month, or without one its closing.
pub async fn explain_month(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (account, month, cell, currency): (Account, Month, Option<MonthCell>, Option<Currency>),
    at: At,
    how: &Fold,
) -> Result<ExplainView, ReportError> {
    may_see(viewer, account)?;
    let position = position(client, log, at).await?;
    let book = streams::book(client, log, position).await?;
    let currency = currency.unwrap_or_else(|| first_currency(&book));
    let legs = Legs {
        account,
        layer: Layer::Settled,
        currency,
        after: 0,
        until: position,
        month: Some(month),
        only: cell.map(Only::Cell),
    };
    let sums = sums(client, log, account, month, position).await?;
    let sum = sums.get(&currency).copied().unwrap_or_default();
    let stated = match cell {
        None => Some(sum.closing()?),
        Some(MonthCell::Opening) => Some(sum.opening),
        Some(_) => None,
    };
    let (word, zh) = cell.map_or(("closing", "期末"), |cell| (cell.word(), cell.zh()));
    let root = Node::new(
        "cell",
        format!("{currency}: {word} of {account} in {month}, at position {position}"),
        format!("{currency}：{account} {month} {zh}，位置 {position}"),
    );
    // What no report states is the sum of its events.
    let stated = match stated {
        Some(stated) => stated,
        None => super::fold::total(client, log, (legs, book.opened.zone)).await?,
    };
    explained(client, log, viewer, (legs, &book), (stated, root), how).await
}

/// Explains how a month's closing as known at one moment became the closing as known at a later one.
pub async fn explain_difference(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (account, month, currency): (Account, Month, Option<Currency>),
    known: (At, At),
    how: &Fold,
) -> Result<ExplainView, ReportError> {
    may_see(viewer, account)?;
    let (earlier, later) = moments(client, log, known).await?;
    let book = streams::book(client, log, later).await?;
    let currency = currency.unwrap_or_else(|| first_currency(&book));
    let closing = |sums: &BTreeMap<Currency, Sum>| sums.get(&currency).copied().unwrap_or_default().closing();
    let before = closing(&sums(client, log, account, month, earlier).await?)?;
    let after = closing(&sums(client, log, account, month, later).await?)?;
    let (was, is) = (Money::of(before, currency).amount, Money::of(after, currency).amount);
    let root = Node::new(
        "difference",
        format!("{currency}: closing of {account} in {month} was {was} at position {earlier}, and {is} at {later}"),
        format!("{currency}：{account} {month} 期末，位置 {earlier} 时为 {was}，位置 {later} 时为 {is}"),
    );
    let legs = Legs {
        account,
        layer: Layer::Settled,
        currency,
        after: earlier,
        until: later,
        month: Some(month),
        only: None,
    };
    explained(client, log, viewer, (legs, &book), (after.minus(before)?, root), how).await
}

/// Explains a settlement sheet as it was drafted: its closing, or one part, from the legs up to the position it reflects.
pub async fn explain_sheet(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (id, part): (SheetId, Option<Part>),
    how: &Fold,
) -> Result<ExplainView, ReportError> {
    let sheet = sheet(client, log, viewer, id).await?;
    let currency: Currency = sheet.currency.parse()?;
    let book = streams::book(client, log, sheet.position).await?;
    let (party, month, name) = (sheet.party, sheet.period, &sheet.name);
    let shown = match part {
        Some(part) => sheet.parts.iter().find(|of| of.part == part).map(|of| &of.amount),
        None => Some(&sheet.closing),
    };
    let stated = shown.map_or(Ok(Minor::ZERO), |money| Minor::parse(&money.amount, currency))?;
    let (payable, carried) = (&sheet.payable.amount, &sheet.carried.amount);
    let (en, zh) = match part.map(part_words) {
        Some([en, zh]) => (en.to_owned(), zh.to_owned()),
        None => (
            format!("closing, of it payable {payable}, carried {carried}"),
            format!("期末，其中应付 {payable}，结转 {carried}"),
        ),
    };
    let root = Node::new(
        "sheet",
        format!("{currency}: settlement sheet of {name} in {month}: {en}"),
        format!("{currency}：{name} {month} 结算单：{zh}"),
    )
    .refer(sheet.sheet);
    let legs = Legs {
        account: Account::of(party, sheet.account),
        layer: Layer::Settled,
        currency,
        after: 0,
        until: sheet.position,
        month: Some(month),
        only: part.map(Only::Part),
    };
    // Whoever may see the sheet sees its lines with the party's eyes, as the sheet's own pages of lines do.
    let eyes = match viewer {
        Viewer::All => viewer,
        Viewer::Party(_) => Viewer::Party(party),
    };
    explained(client, log, eyes, (legs, &book), (stated, root), how).await
}

/// The positions of two moments, the earlier first.
pub(in crate::report) async fn moments(
    client: &Client,
    log: LogId,
    known: (At, At),
) -> Result<(i64, i64), ReportError> {
    let earlier = position(client, log, known.0).await?;
    let later = position(client, log, known.1).await?;
    if earlier > later {
        return Err(ReportError::Needs("the earlier moment first"));
    }
    Ok((earlier, later))
}

fn first_currency(book: &BookState) -> Currency {
    book.opened.currencies.first().copied().unwrap_or(Currency::CNY)
}

async fn sums(
    client: &Client,
    log: LogId,
    account: Account,
    month: Month,
    position: i64,
) -> Result<BTreeMap<Currency, Sum>, ReportError> {
    statement::sums(client, log, (owner_uuid(account), account.kind), month, position).await
}

/// The running balance of an account.
async fn balance(
    client: &Client,
    log: LogId,
    account: Account,
    (layer, currency): (Layer, Currency),
    position: i64,
) -> Result<Minor, ReportError> {
    let sql = include_str!("../sql/balances_of_owner.sql");
    let owner = owner_uuid(account);
    for row in client.query(sql, &[&log.0, &position, &owner]).await? {
        let same = wire::account(row.get(0), row.get(1))? == account
            && wire::layer(row.get(2))? == layer
            && wire::currency(row.get(3))? == currency;
        if same {
            return Ok(Minor(row.get(4)));
        }
    }
    Ok(Minor::ZERO)
}

/// The tree under a stated sum.
async fn explained(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (legs, book): (Legs, &BookState),
    (stated, root): (Minor, Node),
    how: &Fold,
) -> Result<ExplainView, ReportError> {
    let mut root = root.with(Money::of(stated, legs.currency)).adding_up();
    let folded = fold(client, log, viewer, (legs, book.opened.zone), how, &mut root).await?;
    let Folded { sum, consistent, next } = folded;
    let gap = stated.minus(sum)?;
    if !gap.is_zero() {
        let gap = Money::of(gap, legs.currency);
        root.push(
            Node::new(
                "mismatch",
                format!("!!! {} IS EXPLAINED BY NO EVENT !!!", gap.amount),
                format!("！！！{} 无法由任何事件解释！！！", gap.amount),
            )
            .with(gap),
        );
    }
    Ok(ExplainView {
        position: legs.until,
        line: None,
        consistent: consistent && sum == stated,
        root,
        next,
    })
}
