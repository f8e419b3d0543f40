//! A settlement sheet 结算单: what a month moved for a party in a currency, part by part, and what of it is payable.
//! Must never hold an amount that its parts do not explain: opening and parts are the closing, to the smallest unit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::terms::SettlementTerms;
use crate::base::{Instant, MembershipId, Month, PartyId, PartyKind, RunId, SheetId};
use crate::domain::refusal::{Class, Refusal};
use crate::ledger::AccountKind;
use crate::money::{Currency, Minor};

/// What moved an account in a month.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// 佣金结算: commission settled, corrections upwards included.
    Settled,
    /// 佣金扣回: commission taken back for refunds, corrections downwards included.
    Clawbacks,
    /// 分成结算差额: months of contracts with tiers brought to their totals.
    TrueUps,
    /// V任务: brand contracts.
    Contracts,
    /// 供货: margin of sourcing.
    Sourcing,
    /// 罚款: penalties and what was forfeited.
    Penalties,
    /// 冻结: frozen, less what was given free again.
    Freezes,
    /// 保底: topped up, advanced, less what was recovered.
    Guarantees,
    /// 退货准备金计提: held back for returns.
    ReserveHeld,
    /// 退货准备金释放: given free again.
    ReserveReleased,
    /// 调整: manual adjustments and opening balances.
    Adjustments,
    /// 费用: coupons and costs charged.
    Charges,
    /// 付款: paid, in the month.
    Payments,
    /// 回款: money received.
    Receipts,
    /// 核销: written off.
    WriteOffs,
}

impl Part {
    /// Every part, in the order of a sheet.
    pub const ALL: [Part; 15] = [
        Part::Settled,
        Part::Clawbacks,
        Part::TrueUps,
        Part::Contracts,
        Part::Sourcing,
        Part::Penalties,
        Part::Freezes,
        Part::Guarantees,
        Part::ReserveHeld,
        Part::ReserveReleased,
        Part::Adjustments,
        Part::Charges,
        Part::Payments,
        Part::Receipts,
        Part::WriteOffs,
    ];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Part::Settled => "settled",
            Part::Clawbacks => "clawbacks",
            Part::TrueUps => "true_ups",
            Part::Contracts => "contracts",
            Part::Sourcing => "sourcing",
            Part::Penalties => "penalties",
            Part::Freezes => "freezes",
            Part::Guarantees => "guarantees",
            Part::ReserveHeld => "reserve_held",
            Part::ReserveReleased => "reserve_released",
            Part::Adjustments => "adjustments",
            Part::Charges => "charges",
            Part::Payments => "payments",
            Part::Receipts => "receipts",
            Part::WriteOffs => "write_offs",
        }
    }

    /// Number in the database: its place in [`Part::ALL`], from 1; never given to another.
    pub fn code(self) -> i16 {
        match self {
            Part::Settled => 1,
            Part::Clawbacks => 2,
            Part::TrueUps => 3,
            Part::Contracts => 4,
            Part::Sourcing => 5,
            Part::Penalties => 6,
            Part::Freezes => 7,
            Part::Guarantees => 8,
            Part::ReserveHeld => 9,
            Part::ReserveReleased => 10,
            Part::Adjustments => 11,
            Part::Charges => 12,
            Part::Payments => 13,
            Part::Receipts => 14,
            Part::WriteOffs => 15,
        }
    }

    /// From the number in the database.
    pub fn from_code(code: i16) -> Option<Part> {
        Part::ALL.into_iter().find(|part| part.code() == code)
    }

    /// From the word.
    pub fn from_word(word: &str) -> Option<Part> {
        Part::ALL.into_iter().find(|part| part.word() == word)
    }
}

/// Another account of the party that the month moved or that holds something.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Other {
    /// Which.
    pub account: AccountKind,
    /// At the start of the month.
    pub opening: Minor,
    /// At its end.
    pub closing: Minor,
}

/// What the lines of a month came to under one set of terms of a contract (subtotal 小计).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UnderTerms {
    /// The contract.
    pub membership: MembershipId,
    /// Start of the terms that the lines are pinned under.
    pub from: Instant,
    /// The party above.
    pub upper: PartyId,
    /// Movements counted.
    pub lines: u64,
    /// What they moved.
    pub amount: Minor,
}

/// What a month moved, as told with the command.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SheetFigures {
    /// Whose.
    pub party: PartyId,
    /// In which currency.
    pub currency: Currency,
    /// Opening of its main account.
    pub opening: Minor,
    /// What moved it.
    pub parts: BTreeMap<Part, Minor>,
    /// Closing of its main account.
    pub closing: Minor,
    /// The month since which it has been negative without a break.
    pub negative_since: Option<Month>,
    /// Its other accounts.
    pub others: Vec<Other>,
    /// Subtotals by terms, when there are several.
    pub under: Vec<UnderTerms>,
    /// Movements of the month in all its accounts.
    pub lines: u64,
    /// SHA-256 of their list.
    pub lines_sha256: String,
}

/// The matter of `sheet.drafted`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sheet {
    /// Which.
    pub sheet: SheetId,
    /// Of which run.
    pub run: RunId,
    /// The month.
    pub period: Month,
    /// Whose.
    pub party: PartyId,
    /// In which currency.
    pub currency: Currency,
    /// Its main account: `available`, what is owed to it; for a brand `commission`, what it owes.
    pub account: AccountKind,
    /// 期初
    pub opening: Minor,
    /// What moved it; zeros are left out.
    pub parts: BTreeMap<Part, Minor>,
    /// 期末: opening and parts.
    pub closing: Minor,
    /// 应付: what this run makes payable.
    pub payable: Minor,
    /// 结转: what is carried to the next month: a negative balance, or one below the minimum payout.
    pub carried: Minor,
    /// Why nothing is payable although something is owed: the party is not to be paid 暂停付款 for this reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<String>,
    /// The month since which it has been negative without a break.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negative_since: Option<Month>,
    /// Other accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Other>,
    /// Subtotals by terms, when there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub under: Vec<UnderTerms>,
    /// Movements of the month in all its accounts.
    pub lines: u64,
    /// SHA-256 of their list.
    pub lines_sha256: String,
}

/// The account that a sheet of a party is about.
pub fn main_account(kind: PartyKind) -> AccountKind {
    match kind {
        PartyKind::Brand => AccountKind::Commission,
        _ => AccountKind::Available,
    }
}

/// What of a closing is payable, and what is carried.
///
/// INVARIANT: payable and carried are the closing; payable is never negative and never below the minimum payout.
pub fn payable(account: AccountKind, closing: Minor, minimum: Minor) -> (Minor, Minor) {
    if account == AccountKind::Available && closing > Minor::ZERO && closing >= minimum {
        (closing, Minor::ZERO)
    } else {
        (Minor::ZERO, closing)
    }
}

/// Draws up a sheet; of a party that is suspended for a reason, nothing is payable.
///
/// INVARIANT: what is carried opens the next month, so what a suspension kept back becomes payable once, in the first run
/// after it is over.
pub fn draft(
    sheet: SheetId,
    run: RunId,
    period: Month,
    told: &SheetFigures,
    terms: &SettlementTerms,
    suspended: Option<&str>,
) -> Result<Sheet, Refusal> {
    let mut closing = told.opening;
    for amount in told.parts.values() {
        closing = closing.plus(*amount)?;
    }
    if closing != told.closing {
        return Err(Refusal::new(
            Class::Unavailable,
            "sheet_does_not_tie",
            format!("opening and lines of {} are not its closing; run verify", told.party),
        ));
    }
    let account = main_account(told.party.kind());
    let due = payable(account, closing, terms.minimum(told.currency));
    let suspended = suspended.filter(|_| account == AccountKind::Available && closing > Minor::ZERO);
    let (payable, carried) = suspended.map_or(due, |_| (Minor::ZERO, closing));
    let parts = told.parts.iter().filter(|(_, amount)| !amount.is_zero());
    Ok(Sheet {
        sheet,
        run,
        period,
        party: told.party,
        currency: told.currency,
        account,
        opening: told.opening,
        parts: parts.map(|(part, amount)| (*part, *amount)).collect(),
        closing,
        payable,
        carried,
        suspended: suspended.map(str::to_owned),
        negative_since: told.negative_since.filter(|_| closing < Minor::ZERO),
        others: told.others.clone(),
        under: told.under.clone(),
        lines: told.lines,
        lines_sha256: told.lines_sha256.clone(),
    })
}

impl Sheet {
    /// SHA-256 of the canonical form of the whole sheet, in hex.
    pub fn sha256(&self) -> String {
        let text = serde_json_canonicalizer::to_string(self).unwrap_or_default();
        hex::encode(Sha256::digest(text.as_bytes()))
    }

    /// One part; zero when nothing of it moved.
    pub fn part(&self, part: Part) -> Minor {
        self.parts.get(&part).copied().unwrap_or_default()
    }
}
