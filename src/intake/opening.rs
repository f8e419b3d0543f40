//! The two files of a cut-over, in one fixed layout each: balances of other books, and lines that were not settled there.
//! Must never guess: a row that does not fit is a fault with its number, and what was not told is not made up.
//!
//! Headings may be the English or the Chinese ones below; columns that are not used may be left out.
//!
//! Balances: `party` 对方 (own number or id; empty for the book itself), `account` 账户 (available 可付, frozen 冻结,
//! clawback_due 待扣回, held 履约冻结, direct_paid 平台直付, commission 佣金, clearing 平台清算, advance 预支, income 收入,
//! suspense 待查, or year_to_date 年度累计), `entity` 主体, `currency` 币种 (CNY when empty), `we_owe` 应付 or `they_owe` 应收;
//! of year_to_date `year` 年度, `income` 累计收入, `tax` 累计税额.
//!
//! Lines: `platform` 平台, `line_no` 子订单号, `order_no` 订单号, `item_no` 商品, `shop_no` 店铺, `quantity` 数量, `sold_at`
//! 下单时间, `currency`, `paid` 实付, `refunded` 已退款, `payer` 付佣方, then `rate` 佣金比例 or `commission` 佣金; of each fee
//! `technical_fee` 技术服务费, `service_fee` 服务费, `live_share` 直播平台分成 its amount or `…_rate`, with `…_taker`; `agency` 机构
//! with `agency_rate` 机构比例 or `agency_amount` 机构分成; `anchor` 主播 with `anchor_amount` 主播分成 (checked, when told);
//! `direct` 平台直付 (agency or anchor); `settle_days` 结算天数 (after receipt; when the platform says so, when empty).

use std::collections::HashMap;
use std::path::Path;

use super::emit::RowFault;
use super::field::Spec;
use super::fixed::{Cell, Fixed, Heading};
use super::source::SourceError;
use crate::base::{BookId, CutoverId, Instant, LineId, PartyId, Zone};
use crate::domain::cutover::{OpeningBalance, PayeeYear};
use crate::domain::order::pin::{FeeOf, FeeTerms};
use crate::domain::order::{
    About, BroughtOver, Hop, Keeps, LineFact, NamedAmount, Reported, Settleable, Track, View, What,
};
use crate::ledger::{Account, AccountKind};
use crate::money::{Currency, Minor, Rate};

const BALANCES: [Heading; 9] = [
    ("party", &["对方"]),
    ("account", &["账户"]),
    ("entity", &["主体"]),
    ("currency", &["币种"]),
    ("we_owe", &["应付"]),
    ("they_owe", &["应收"]),
    ("year", &["年度"]),
    ("income", &["累计收入"]),
    ("tax", &["累计税额"]),
];
const LINES: [Heading; 28] = [
    ("platform", &["平台"]),
    ("line_no", &["子订单号"]),
    ("order_no", &["订单号"]),
    ("item_no", &["商品"]),
    ("shop_no", &["店铺"]),
    ("quantity", &["数量"]),
    ("sold_at", &["下单时间"]),
    ("currency", &["币种"]),
    ("paid", &["实付"]),
    ("refunded", &["已退款"]),
    ("payer", &["付佣方"]),
    ("rate", &["佣金比例"]),
    ("commission", &["佣金"]),
    ("technical_fee", &["技术服务费"]),
    ("technical_fee_rate", &["技术服务费比例"]),
    ("technical_fee_taker", &["技术服务费收取方"]),
    ("service_fee", &["服务费"]),
    ("service_fee_rate", &["服务费比例"]),
    ("service_fee_taker", &["服务费收取方"]),
    ("live_share", &["直播平台分成"]),
    ("live_share_rate", &["直播平台分成比例"]),
    ("live_share_taker", &["直播平台"]),
    ("agency", &["机构"]),
    ("agency_rate", &["机构比例"]),
    ("agency_amount", &["机构分成"]),
    ("anchor", &["主播"]),
    ("anchor_amount", &["主播分成"]),
    ("direct", &["平台直付"]),
];
/// Columns of lines beside those.
const SETTLE_DAYS: Heading = ("settle_days", &["结算天数"]);
/// Fees that a line may have, with the columns of rate and taker.
const FEES: [[&str; 3]; 3] = [
    ["technical_fee", "technical_fee_rate", "technical_fee_taker"],
    ["service_fee", "service_fee_rate", "service_fee_taker"],
    ["live_share", "live_share_rate", "live_share_taker"],
];
const ACCOUNTS: [(AccountKind, &str); 12] = [
    (AccountKind::Available, "可付"),
    (AccountKind::Frozen, "冻结"),
    (AccountKind::ClawbackDue, "待扣回"),
    (AccountKind::Held, "履约冻结"),
    (AccountKind::DirectPaid, "平台直付"),
    (AccountKind::Commission, "佣金"),
    (AccountKind::Clearing, "平台清算"),
    (AccountKind::Advance, "预支"),
    (AccountKind::Income, "收入"),
    (AccountKind::Suspense, "待查"),
    (AccountKind::Cash, "资金"),
    (AccountKind::Purchases, "采购"),
];

/// Parties by what a file may call them: own number or id.
pub type Parties = HashMap<String, PartyId>;

/// What the rows of a cut-over need of the book.
pub struct Frame<'a> {
    /// The book.
    pub book: BookId,
    /// Its zone.
    pub zone: Zone,
    /// Its parties.
    pub parties: &'a Parties,
}

/// A row of the balances.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BalanceRow {
    /// A balance.
    Balance(OpeningBalance),
    /// What a payee had earned and was taxed.
    Payee(PayeeYear),
}

/// What the cells of a cut-over hold beside texts and ids.
impl Cell<'_> {
    fn currency(&self) -> Result<Currency, RowFault> {
        let Some(code) = self.get("currency") else {
            return Ok(Currency::CNY);
        };
        let wrong = |_| RowFault::new("currency_unknown", "not a currency such as CNY").at("currency");
        code.parse().map_err(wrong)
    }

    fn amount(&self, name: &'static str, currency: Currency) -> Result<Option<Minor>, RowFault> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let plain: String = text
            .chars()
            .filter(|c| !matches!(c, ',' | '，' | '¥' | '￥' | ' '))
            .collect();
        let amount = Spec::default()
            .amount(&plain, None, currency)
            .map_err(|fault| fault.at(name))?;
        if !amount.difference.is_zero() {
            return Err(RowFault::new("amount_form", "more decimals than the currency has").at(name));
        }
        if amount.minor.0 < 0 {
            return Err(RowFault::new("amount_negative", "amounts here are not negative").at(name));
        }
        Ok(Some(amount.minor))
    }

    /// `0.2`, or `20%`.
    fn rate(&self, name: &'static str) -> Result<Option<Rate>, RowFault> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let wrong = || RowFault::new("rate_form", "a rate such as 0.2 or 20%").at(name);
        let rate: Option<Rate> = match text.strip_suffix(['%', '％']) {
            None => text.parse().ok(),
            Some(percent) => rust_decimal::Decimal::from_str_exact(percent.trim())
                .ok()
                .and_then(|percent| percent.checked_div(rust_decimal::Decimal::ONE_HUNDRED))
                .and_then(|rate| rate.normalize().to_string().parse().ok()),
        };
        rate.map(Some).ok_or_else(wrong)
    }

    fn number<T: std::str::FromStr>(&self, name: &'static str) -> Result<Option<T>, RowFault> {
        let wrong = |_| RowFault::new("number_form", "a whole number").at(name);
        self.get(name).map(|text| text.parse().map_err(wrong)).transpose()
    }

    fn party(&self, name: &'static str, parties: &Parties) -> Result<Option<PartyId>, RowFault> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let unknown = || RowFault::new("party_unknown", "the book has no party of this number or id").at(name);
        parties.get(text).copied().map(Some).ok_or_else(unknown)
    }
}

/// Reads the balances, row by row.
pub fn balances(
    path: &Path,
    parties: &Parties,
    take: impl FnMut(u64, Result<BalanceRow, RowFault>),
) -> Result<(), SourceError> {
    Fixed::open(path, "cutover", &BALANCES, &[])?.each(|cell| balance(cell, parties), take)
}

fn balance(cell: &Cell<'_>, parties: &Parties) -> Result<BalanceRow, RowFault> {
    let currency = cell.currency()?;
    let party = cell.party("party", parties)?;
    let entity = cell.id("entity")?;
    let word = cell.need("account")?;
    if matches!(word, "year_to_date" | "年度累计") {
        let missing = |name| move || RowFault::new("value_missing", "year_to_date needs it").at(name);
        return Ok(BalanceRow::Payee(PayeeYear {
            party: party.ok_or_else(missing("party"))?,
            entity,
            year: cell.number("year")?.ok_or_else(missing("year"))?,
            currency,
            income: cell.amount("income", currency)?.ok_or_else(missing("income"))?,
            tax: cell.amount("tax", currency)?.unwrap_or_default(),
        }));
    }
    let kind = ACCOUNTS
        .iter()
        .find(|(kind, chinese)| kind.word() == word || *chinese == word);
    let (kind, _) = kind.ok_or_else(|| RowFault::new("word_unknown", "no account of this name").at("account"))?;
    let one = || RowFault::new("one_of", "give we_owe or they_owe, one of them").at("we_owe");
    let amount = match (cell.amount("we_owe", currency)?, cell.amount("they_owe", currency)?) {
        (Some(amount), None) => amount,
        (None, Some(amount)) => amount.negated().map_err(|_| one())?,
        _ => return Err(one()),
    };
    Ok(BalanceRow::Balance(OpeningBalance {
        account: party.map_or(Account::book(*kind), |party| Account::of(party, *kind)),
        entity,
        currency,
        amount,
    }))
}

/// Reads the unsettled lines, row by row, as facts of a cut-over.
pub fn lines(
    path: &Path,
    frame: &Frame<'_>,
    (cutover, as_of): (CutoverId, Instant),
    take: impl FnMut(u64, Result<LineFact, RowFault>),
) -> Result<(), SourceError> {
    let headings: Vec<Heading> = LINES.iter().copied().chain([SETTLE_DAYS]).collect();
    Fixed::open(path, "cutover", &headings, &[])?.each(|cell| line(cell, frame, cutover, as_of), take)
}

fn line(cell: &Cell<'_>, frame: &Frame<'_>, cutover: CutoverId, as_of: Instant) -> Result<LineFact, RowFault> {
    let need = |name: &'static str| move || RowFault::new("value_missing", "the row needs a value here").at(name);
    let currency = cell.currency()?;
    let platform = cell.id("platform")?.ok_or_else(need("platform"))?;
    let line_no = cell.id("line_no")?.ok_or_else(need("line_no"))?;
    let at = sold_at(cell.need("sold_at")?, frame.zone)?;
    let paid = cell.amount("paid", currency)?.ok_or_else(need("paid"))?;
    let refunded = cell.amount("refunded", currency)?.unwrap_or_default();
    let party = |name| cell.party(name, frame.parties);
    let anchor = party("anchor")?.ok_or_else(need("anchor"))?;
    let rate = cell.rate("rate")?;
    let gross = cell.amount("commission", currency)?;
    let wrong = |code, message: &'static str| move || RowFault::new(code, message).at("commission");
    if rate.is_some() == gross.is_some() {
        return Err(wrong("one_of", "give rate or commission, one of them")());
    }
    let (fees, amounts) = fees(cell, frame, currency, gross.is_some())?;
    let too_large = |_| wrong("amount_out_of_range", "the amounts do not fit")();
    let taken = Minor::sum(amounts.iter().map(|fee| fee.amount)).map_err(too_large)?;
    let left = gross.map(|gross| gross.minus(taken)).transpose().map_err(too_large)?;
    let takers = takers(cell, frame, currency, left, anchor)?;
    let track = match gross {
        None => None,
        Some(gross) => Some(Track {
            base: Some(paid.minus(refunded).map_err(too_large)?),
            rate: None,
            gross,
            content_fee: None,
            fees: amounts,
            subsidies: Vec::new(),
        }),
    };
    let reported = track.map(|track| {
        Box::new(Reported {
            view: View::Owner,
            estimated: Some(track),
            settled: None,
        })
    });
    let brought = BroughtOver {
        cutover,
        as_of,
        paid,
        refunded,
        payer: party("payer")?.ok_or_else(need("payer"))?,
        promoter: anchor,
        rate,
        fees,
        subsidies: Vec::new(),
        takers,
        settleable: cell
            .number("settle_days")?
            .map_or(Settleable::PlatformSettled, Settleable::ReceivedPlusDays),
    };
    Ok(LineFact {
        line: LineId::of(frame.book, platform.as_str(), line_no.as_str()),
        platform,
        line_no,
        at,
        currency: Some(currency),
        about: About {
            order_no: cell.id("order_no")?,
            item_no: cell.id("item_no")?,
            shop_no: cell.id("shop_no")?,
            quantity: cell.number("quantity")?,
            ..About::default()
        },
        what: What::BroughtOver(Box::new(brought)),
        reported,
    })
}

/// RFC 3339, or a day with or without a time, in the book's zone.
fn sold_at(text: &str, zone: Zone) -> Result<Instant, RowFault> {
    let wrong = || RowFault::new("time_form", "a time such as 2026-05-31 20:15:00").at("sold_at");
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let patterns = [
        "%Y-%m-%d %H:%M:%S",
        "%Y/%m/%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y/%m/%d %H:%M",
    ];
    let read = patterns.iter().find_map(|pattern| zone.parse_local(text, pattern).ok());
    let midnight = format!("{text} 00:00:00");
    let day = || {
        patterns
            .iter()
            .find_map(|pattern| zone.parse_local(&midnight, pattern).ok())
    };
    read.or_else(day).ok_or_else(wrong)
}

/// Fees with their takers, and their amounts where the row's figures are amounts.
fn fees(
    cell: &Cell<'_>,
    frame: &Frame<'_>,
    currency: Currency,
    by_amount: bool,
) -> Result<(Vec<FeeTerms>, Vec<NamedAmount>), RowFault> {
    let (mut terms, mut amounts) = (Vec::new(), Vec::new());
    for [name, rate_name, taker_name] in FEES {
        let (amount, rate) = (cell.amount(name, currency)?, cell.rate(rate_name)?);
        if amount.is_none() && rate.is_none() {
            continue;
        }
        if amount.is_some() != by_amount || rate.is_some() == by_amount {
            let message = "fees are amounts beside a commission, and rates beside a rate";
            return Err(RowFault::new("one_of", message).at(name));
        }
        let missing = || RowFault::new("value_missing", "who takes the fee").at(taker_name);
        terms.push(FeeTerms {
            name: name.to_owned(),
            taker: cell.party(taker_name, frame.parties)?.ok_or_else(missing)?,
            rate: rate.unwrap_or(Rate::ZERO),
            of: FeeOf::Gross,
        });
        amounts.extend(amount.map(|amount| NamedAmount {
            name: name.to_owned(),
            amount,
        }));
    }
    Ok((terms, amounts))
}

/// The agency, when there is one, then the anchor with the rest.
fn takers(
    cell: &Cell<'_>,
    frame: &Frame<'_>,
    currency: Currency,
    left: Option<Minor>,
    anchor: PartyId,
) -> Result<Vec<Hop>, RowFault> {
    let direct = cell.get("direct");
    if direct.is_some_and(|word| !["agency", "anchor", "机构", "主播"].contains(&word)) {
        return Err(RowFault::new("word_unknown", "agency or anchor").at("direct"));
    }
    let hop = |party, keeps, words: [&str; 2]| Hop {
        party,
        keeps,
        membership: None,
        direct: direct.is_some_and(|word| words.contains(&word)),
        formula: None,
    };
    let wrong = |code, message: &'static str| RowFault::new(code, message).at("agency_amount");
    let mut takers = Vec::new();
    let (rate, amount) = (cell.rate("agency_rate")?, cell.amount("agency_amount", currency)?);
    let mut rest = left;
    if let Some(agency) = cell.party("agency", frame.parties)? {
        let keeps = match (rate, amount, left) {
            (Some(rate), None, _) => Keeps::Share(rate),
            (None, Some(part), Some(of)) if part <= of => {
                rest = of.minus(part).ok();
                Keeps::Portion { part, of }
            }
            (None, Some(_), Some(_)) => return Err(wrong("does_not_add_up", "more than the fees leave")),
            _ => {
                return Err(wrong(
                    "one_of",
                    "give agency_rate; or agency_amount beside a commission",
                ));
            }
        };
        takers.push(hop(agency, keeps, ["agency", "机构"]));
    } else if rate.is_some() || amount.is_some() {
        return Err(wrong("value_missing", "a share of an agency needs the agency"));
    }
    takers.push(hop(anchor, Keeps::All, ["anchor", "主播"]));
    match (cell.amount("anchor_amount", currency)?, rest, rate) {
        (Some(told), Some(rest), None) if told != rest => {
            let message = "commission, fees and shares of the row are not one whole";
            Err(RowFault::new("does_not_add_up", message).at("anchor_amount"))
        }
        _ => Ok(takers),
    }
}
