//! What a close reads: runs under way, what a month moved party by party, what contracts and parties earned in it.
//! Must never read a running balance, nor more than a page of parties at once.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::error::{Error, Result};
use super::statements::text;
use crate::base::{BookId, Instant, LogId, MembershipId, Month, PartyId, RunId};
use crate::domain::settlement::sheet::main_account;
use crate::domain::settlement::{
    GuaranteeFigures, Other, Part, ReserveFigures, RunSum, SettlementTermsSet, SheetFigures, Stage, UnderTerms,
};
use crate::ledger::AccountKind;
use crate::money::{Currency, Minor};

/// A run as its row tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// The month.
    pub period: Month,
    /// Which run of the month.
    pub number: i32,
    /// How far.
    pub stage: Stage,
    /// Sheets reflect the month up to here.
    pub reckoned_at: Option<i64>,
}

/// A run.
pub async fn run(client: &Client, log: LogId, run: RunId) -> Result<Option<Run>> {
    let row = client.query_opt(text::run_figures, &[&log.0, &run.0]).await?;
    row.map(|row| {
        let stage: String = row.try_get(2)?;
        Ok(Run {
            period: month(row.try_get(0)?)?,
            number: row.try_get(1)?,
            stage: Stage::from_word(&stage).ok_or_else(|| Error::corrupt(format!("no stage of a run: {stage}")))?,
            reckoned_at: row.try_get(3)?,
        })
    })
    .transpose()
}

/// Runs that nobody works on, of every book.
pub async fn under_way(client: &Client) -> Result<Vec<(BookId, LogId, RunId)>> {
    let rows = client.query(text::runs_under_way, &[]).await?;
    let read = |row: &Row| Ok((BookId(row.try_get(0)?), LogId(row.try_get(1)?), RunId(row.try_get(2)?)));
    rows.iter().map(read).collect()
}

/// Terms of settlement of a book, in order of setting.
pub async fn terms(client: &Client, log: LogId, book: BookId) -> Result<Vec<SettlementTermsSet>> {
    let rows = client.query(text::settlement_terms, &[&log.0, &book.0]).await?;
    rows.iter()
        .map(|row| Ok(serde_json::from_str(row.try_get(0)?)?))
        .collect()
}

/// Contracts with tiers on the month after one: contract, member, start of its first terms.
pub async fn tiered(
    client: &Client,
    log: LogId,
    after: MembershipId,
    began_before: Instant,
    most: i64,
) -> Result<Vec<(MembershipId, PartyId, Instant)>> {
    let rows = client
        .query(text::tiered_page, &[&log.0, &after.0, &began_before.utc(), &most])
        .await?;
    let read = |row: &Row| {
        let from = Instant::from_utc(row.try_get(2)?);
        Ok((MembershipId(row.try_get(0)?), party(row.try_get(1)?)?, from))
    };
    rows.iter().map(read).collect()
}

/// Contracts with a guarantee after one, with what their members earned in a month.
pub async fn guaranteed(
    client: &Client,
    log: LogId,
    period: Month,
    after: MembershipId,
    began_before: Instant,
    most: i64,
) -> Result<Vec<GuaranteeFigures>> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&log.0, &period.number(), &after.0, &most, &began_before.utc()];
    let rows = client.query(text::guaranteed_page, &params).await?;
    let read = |row: &Row| {
        Ok(GuaranteeFigures {
            membership: MembershipId(row.try_get(0)?),
            member: party(row.try_get(1)?)?,
            currency: currency(row.try_get(2)?)?,
            earned: Minor(row.try_get(3)?),
        })
    };
    rows.iter().map(read).collect()
}

/// Parties after one, that a month moved or that have something set aside, with what they earned in it.
pub async fn reserved(
    client: &Client,
    log: LogId,
    period: Month,
    after: (Uuid, &str),
    most: i64,
) -> Result<Vec<ReserveFigures>> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] = [&log.0, &period.number(), &after.0, &after.1, &most];
    let rows = client.query(text::reserved_page, &params).await?;
    let read = |row: &Row| {
        Ok(ReserveFigures {
            party: party(row.try_get(0)?)?,
            currency: currency(row.try_get(1)?)?,
            earned: Minor(row.try_get(2)?),
        })
    };
    rows.iter().map(read).collect()
}

/// The month of a page of parties.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Page {
    /// Figures of the sheets, by party and currency.
    pub sheets: Vec<SheetFigures>,
    /// The last party of the page; none: there was none.
    pub last: Option<Uuid>,
}

/// The hash of no movements.
const NO_LINES: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What a month came to for the parties after one, up to a position. A fixed number of statements, whatever the page.
///
/// Reproducible: of a month that is closed nothing is ever stamped again, so the same position gives the same figures.
pub async fn sheets(
    client: &Client,
    log: LogId,
    (period, position): (Month, i64),
    after: Uuid,
    most: i64,
) -> Result<Page> {
    let number = period.number();
    let accounts = client
        .query(text::sheet_page, &[&log.0, &number, &after, &most])
        .await?;
    let mut sheets: BTreeMap<(Uuid, String), (SheetFigures, bool)> = BTreeMap::new();
    let mut last = None;
    for row in &accounts {
        let owner: Uuid = row.try_get(0)?;
        last = Some(owner);
        account(owner, row, &mut sheets)?;
    }
    // A party with nothing before and nothing in the month has no sheet.
    sheets.retain(|_, (told, moved)| {
        *moved || !told.opening.is_zero() || told.others.iter().any(|o| !o.opening.is_zero())
    });
    let mut owners: Vec<Uuid> = sheets.keys().map(|(owner, _)| *owner).collect();
    owners.dedup();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 4] = [&log.0, &position, &number, &owners];
    let (moves, subtotals) = futures_util::try_join!(
        client.query(text::sheet_moves, &params),
        client.query(text::sheet_subtotals, &params),
    )?;
    for row in &moves {
        moved(row, &mut sheets)?;
    }
    for row in &subtotals {
        subtotal(row, &mut sheets)?;
    }
    let figures = sheets.into_values().map(|(mut told, _)| {
        told.others
            .retain(|other| !other.opening.is_zero() || !other.closing.is_zero());
        if told.under.len() < 2 {
            told.under.clear();
        }
        told
    });
    Ok(Page {
        sheets: figures.collect(),
        last,
    })
}

type Sheets = BTreeMap<(Uuid, String), (SheetFigures, bool)>;

fn account(owner: Uuid, row: &Row, sheets: &mut Sheets) -> Result<()> {
    let (party, code) = (party(owner)?, row.try_get::<_, String>(1)?);
    let (told, any) = match sheets.entry((owner, code.clone())) {
        std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
        std::collections::btree_map::Entry::Vacant(entry) => entry.insert((empty(party, &code)?, false)),
    };
    let kind = kind(row.try_get(2)?)?;
    let (opening, closing) = (Minor(row.try_get(3)?), Minor(row.try_get(4)?));
    *any |= row.try_get::<_, bool>(5)?;
    if kind == main_account(party.kind()) {
        let since: Option<i32> = row.try_get(6)?;
        (told.opening, told.closing) = (opening, closing);
        told.negative_since = since.map(month).transpose()?;
    } else {
        told.others.push(Other {
            account: kind,
            opening,
            closing,
        });
    }
    Ok(())
}

fn empty(party: PartyId, code: &str) -> Result<SheetFigures> {
    Ok(SheetFigures {
        party,
        currency: currency(code)?,
        opening: Minor::ZERO,
        parts: BTreeMap::new(),
        closing: Minor::ZERO,
        negative_since: None,
        others: Vec::new(),
        under: Vec::new(),
        lines: 0,
        lines_sha256: NO_LINES.to_owned(),
    })
}

fn moved(row: &Row, sheets: &mut Sheets) -> Result<()> {
    let owner: Uuid = row.try_get(0)?;
    let Some((told, _)) = sheets.get_mut(&(owner, row.try_get(1)?)) else {
        return Ok(());
    };
    if let Some(sha) = row.try_get::<_, Option<String>>(6)? {
        told.lines = u64::try_from(row.try_get::<_, i64>(5)?).unwrap_or_default();
        told.lines_sha256 = sha;
        return Ok(());
    }
    let (account, code): (i16, Option<i16>) = (row.try_get(2)?, row.try_get(3)?);
    let part = code.and_then(Part::from_code);
    let part = part.ok_or_else(|| Error::corrupt("a leg has no part of a sheet; run `fenzhang rebuild --repair`"))?;
    if kind(account)? == main_account(told.party.kind()) {
        told.parts.insert(part, Minor(row.try_get(4)?));
    }
    Ok(())
}

fn subtotal(row: &Row, sheets: &mut Sheets) -> Result<()> {
    let owner: Uuid = row.try_get(0)?;
    if let Some((told, _)) = sheets.get_mut(&(owner, row.try_get(1)?)) {
        told.under.push(UnderTerms {
            membership: MembershipId(row.try_get(2)?),
            from: Instant::from_utc(row.try_get(3)?),
            upper: party(row.try_get(4)?)?,
            amount: Minor(row.try_get(5)?),
            lines: u64::try_from(row.try_get::<_, i64>(6)?).unwrap_or_default(),
        });
    }
    Ok(())
}

/// Which parties of some sheets are not to be paid.
pub async fn suspended(client: &Client, log: LogId, sheets: &[SheetFigures]) -> Result<BTreeSet<PartyId>> {
    let parties: Vec<Uuid> = sheets.iter().map(|told| told.party.uuid()).collect();
    let rows = client.query(text::suspended_of, &[&log.0, &parties]).await?;
    rows.iter().map(|row| party(row.try_get(0)?)).collect()
}

/// What the sheets of a run come to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Digest {
    /// Sheets.
    pub sheets: u64,
    /// Sums by currency.
    pub sums: Vec<RunSum>,
    /// Over the sheets' hashes, in order of party and currency.
    pub digest: String,
}

/// Sums and digest over the sheets of a run.
pub async fn digest(client: &Client, log: LogId, run: RunId) -> Result<Digest> {
    let rows = client.query(text::run_digest, &[&log.0, &run.0]).await?;
    let mut out = Digest::default();
    for row in &rows {
        let sheets = u64::try_from(row.try_get::<_, i64>(1)?).unwrap_or_default();
        match row.try_get::<_, Option<String>>(0)? {
            Some(code) => out.sums.push(RunSum {
                currency: currency(&code)?,
                sheets,
                payable: Minor(row.try_get(2)?),
                carried: Minor(row.try_get(3)?),
            }),
            None => {
                out.sheets = sheets;
                out.digest = row.try_get(4)?;
            }
        }
    }
    out.sums.sort_by_key(|sum| sum.currency);
    Ok(out)
}

/// Parties that months up to one moved: at most so many sheets a currency.
pub async fn owners(client: &Client, log: LogId, period: Month) -> Result<u64> {
    let row = client
        .query_one(text::settlement_owners, &[&log.0, &period.number()])
        .await?;
    Ok(u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or_default())
}

/// Sheets with something payable that nobody confirmed.
pub async fn unconfirmed(client: &Client, log: LogId, run: RunId) -> Result<u64> {
    let row = client.query_one(text::sheets_unconfirmed, &[&log.0, &run.0]).await?;
    Ok(u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or_default())
}

fn month(number: i32) -> Result<Month> {
    Month::from_number(number).map_err(|_| Error::corrupt(format!("no month: {number}")))
}

fn party(id: Uuid) -> Result<PartyId> {
    PartyId::from_uuid(id).map_err(|_| Error::corrupt(format!("no party: {id}")))
}

fn currency(code: &str) -> Result<Currency> {
    code.parse().map_err(|_| Error::corrupt(format!("no currency: {code}")))
}

fn kind(code: i16) -> Result<AccountKind> {
    AccountKind::from_code(code).ok_or_else(|| Error::corrupt(format!("no account: {code}")))
}
