//! One sentence why a line paid what it paid, and short words for what moved; in English and Chinese.
//! Must never name another party, nor an amount of another party.

use serde::Serialize;
use utoipa::ToSchema;

use super::history::History;
use super::{ReportError, Viewer};
use crate::base::{Instant, PartyId};
use crate::domain::book::BookState;
use crate::domain::order::pin::{Attribution, Pin};
use crate::domain::order::{Basis, FactState, LineStatus, RateTerms, Scope};
use crate::ledger::Layer;
use crate::money::{Currency, Minor, Rate};

/// Language of sentences for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// 中文
    Zh,
}

/// Why a line paid what it paid.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Why {
    /// Stable code: `paid`, `expected`, `charged`, `frozen`, `refunded`, `no_click`, `no_rule`, `excluded`, `unknown_placement`, `unknown_payer`,
    /// `below_minimum`, `not_taken`, `closed`, `waiting`, or the code of a parked fact.
    pub code: String,
    /// The sentence in English.
    pub en: String,
    /// The sentence in Chinese.
    pub zh: String,
}

fn why(code: &str, en: impl Into<String>, zh: impl Into<String>) -> Why {
    Why {
        code: code.to_owned(),
        en: en.into(),
        zh: zh.into(),
    }
}

/// The sentence of a line for a viewer; for a viewer of everything it tells what the merchant pays.
pub(super) fn why_line(history: &History, book: &BookState, viewer: Viewer) -> Result<Why, ReportError> {
    let Some(pin) = history.pin() else {
        return Ok(not_pinned(history));
    };
    let Some(terms) = &pin.terms else {
        return Ok(nothing(pin, book));
    };
    let currency = history.currency(book);
    let party = viewer.party().unwrap_or(terms.merchant);
    let settled = history.held(party, Layer::Settled)?;
    let estimated = history.held(party, Layer::Estimated)?;
    let by = how(pin);
    if !settled.is_zero() {
        return Ok(earned(history, party, settled, currency, &by));
    }
    if !estimated.is_zero() {
        return Ok(expected(party == terms.merchant, estimated, currency, &by));
    }
    let target = history.state.target()?;
    let base = target.figures.won_base.or(target.figures.estimated_base);
    Ok(if refunded(history) && base.is_none_or(Minor::is_zero) {
        why("refunded", "Nothing left: refunded in full.", "佣金为零：已全额退款。")
    } else if target.below_minimum {
        why(
            "below_minimum",
            "Nothing: the commission would be below the smallest unit of money.",
            "无佣金：佣金不足最小货币单位。",
        )
    } else if target.status == LineStatus::Closed {
        why("closed", "Nothing: the order was closed.", "无佣金：订单已关闭。")
    } else if history.state.story().has_amount() {
        why(
            "not_taken",
            "Nothing: no part of this line goes to this party.",
            "无佣金：本方在此单中无份额。",
        )
    } else {
        why("waiting", "Nothing yet: not paid.", "暂无佣金：尚未付款。")
    })
}

fn refunded(history: &History) -> bool {
    !history.state.story().refunds.is_empty()
}

fn not_pinned(history: &History) -> Why {
    let held_back = history.state.facts().filter(|kept| kept.state != FactState::Applied);
    match held_back.filter_map(|kept| kept.code.as_deref()).last() {
        Some(code) => why(
            code,
            format!("Nothing yet: waits ({code})."),
            format!("暂无佣金：等待处理（{code}）。"),
        ),
        None => why("waiting", "Nothing yet: waits for an amount.", "暂无佣金：等待金额。"),
    }
}

fn nothing(pin: &Pin, book: &BookState) -> Why {
    let code = pin.why_nothing.as_deref().unwrap_or("no_rule");
    let window = book.formula_version(pin.formula, pin.formula_version);
    let days = window.map(|formula| span(formula.terms.window_seconds));
    match code {
        "no_click" => {
            let (en, zh) = days.unwrap_or(("the window".into(), "归因窗口".into()));
            why(
                code,
                format!("Nothing: no click in the window of {en} before the order."),
                format!("无佣金：下单前 {zh}内没有点击。"),
            )
        }
        "excluded" => why(
            code,
            "Nothing: an exclusive plan of another promoter stands on the item.",
            "无佣金：该商品由他人专享。",
        ),
        "unknown_placement" => why(
            code,
            "Nothing yet: nobody is assigned to the placement that the row names.",
            "暂无佣金：该推广位尚未归属。",
        ),
        "unknown_payer" => why(
            code,
            "Nothing yet: nobody is known to owe the commission of this line.",
            "暂无佣金：付佣方未知。",
        ),
        "before_cut_over" => why(
            code,
            "Nothing here: sold before the cut-over and not brought over.",
            "无佣金：下单早于期初日且未转入。",
        ),
        "no_rule" => why(
            code,
            "Nothing: no commission rule applied when the order was placed.",
            "无佣金：下单时没有适用的佣金计划。",
        ),
        other => why(other, format!("Nothing: {other}."), format!("无佣金：{other}。")),
    }
}

fn earned(history: &History, party: PartyId, settled: Minor, currency: Currency, by: &(String, String)) -> Why {
    let amount = Minor(settled.0.saturating_abs()).display(currency);
    let (en, zh) = by;
    if settled.0 < 0 {
        return why(
            "charged",
            format!("Charged {amount}: {en}."),
            format!("应付佣金 {amount}：{zh}。"),
        );
    }
    if history.frozen(party) {
        return why(
            "frozen",
            format!("Frozen {amount}: {en}."),
            format!("冻结 {amount}：{zh}。"),
        );
    }
    why(
        "paid",
        format!("Paid {amount}: {en}."),
        format!("已结算 {amount}：{zh}。"),
    )
}

fn expected(merchant: bool, estimated: Minor, currency: Currency, by: &(String, String)) -> Why {
    let amount = Minor(estimated.0.saturating_abs()).display(currency);
    let (en, zh) = by;
    if merchant {
        return why(
            "expected",
            format!("Will be charged {amount}: {en}."),
            format!("预计应付佣金 {amount}：{zh}。"),
        );
    }
    why(
        "expected",
        format!("Expected {amount}: {en}."),
        format!("预估 {amount}：{zh}。"),
    )
}

fn how(pin: &Pin) -> (String, String) {
    let (by_en, by_zh) = attribution(&pin.attribution, pin.at);
    if let Some(agreed) = pin.brought_over {
        let rate = agreed.rate.map(percent).unwrap_or_default();
        return (
            format!("brought over with terms of its own {rate}"),
            format!("期初转入，按原约定 {rate}"),
        );
    }
    let Some(rule) = &pin.rule else {
        return (
            format!("the platform's own figures {by_en}"),
            format!("平台口径，{by_zh}"),
        );
    };
    let (level_en, level_zh) = level(rule.level);
    let rate = rate_words(&rule.rate);
    let id = short(&rule.rule.to_string());
    (
        format!("rule {id} ({level_en}, {rate}) {by_en}"),
        format!("计划 {id}（{level_zh}，{rate}），{by_zh}"),
    )
}

/// How the promoter was found, in words.
pub(super) fn attribution(attribution: &Attribution, ordered_at: Instant) -> (String, String) {
    match attribution.basis {
        Basis::Platform => ("as the platform named the promoter".into(), "平台指定推广方".into()),
        Basis::Placement => ("by the placement that the row names".into(), "按推广位归属".into()),
        Basis::None => ("without a promoter".into(), "无推广方".into()),
        Basis::Click => {
            let (near_en, near_zh) = match attribution.scope {
                Some(Scope::SameShop) => ("the same shop", "同店"),
                _ => ("the same item", "同款"),
            };
            let before = attribution
                .clicked_at
                .map(|at| (ordered_at.micros() - at.micros()) / 1_000_000);
            match before.map(span) {
                Some((en, zh)) => (
                    format!("by click on {near_en} {en} before the order"),
                    format!("下单前 {zh}的{near_zh}点击"),
                ),
                None => (format!("by click on {near_en}"), format!("{near_zh}点击")),
            }
        }
    }
}

/// The precedence level of a rule, in words (domain.md 2.7).
pub(super) fn level(level: u8) -> (&'static str, &'static str) {
    match level {
        1 => ("live-exclusive", "直播专享"),
        2 => ("live-exclusive of the agency", "机构直播专享"),
        3 => ("exclusive", "专享"),
        4 => ("targeted", "定向计划"),
        5 => ("first N items", "前N件"),
        6 => ("marketing", "营销计划"),
        7 => ("self-select", "自选计划"),
        8 => ("general", "通用计划"),
        _ => ("general of the shop or category", "店铺/类目通用计划"),
    }
}

/// A rate in percent, such as `20 %` or `1.5 %`.
pub(super) fn percent(rate: Rate) -> String {
    let (whole, fraction) = (rate.ppm() / 10_000, rate.ppm() % 10_000);
    if fraction == 0 {
        return format!("{whole} %");
    }
    let digits = format!("{fraction:04}");
    format!("{whole}.{} %", digits.trim_end_matches('0'))
}

/// The rate of a line in words: percent, or every tier's.
pub(super) fn rate_words(rate: &RateTerms) -> String {
    match rate {
        RateTerms::Flat(rate) => percent(*rate),
        RateTerms::Tiered(parts) => {
            let parts: Vec<String> = parts.iter().map(|(_, rate)| percent(*rate)).collect();
            parts.join(" + ")
        }
    }
}

/// A span of time in its largest whole unit, such as `3 h` or `15 days`.
pub(super) fn span(seconds: i64) -> (String, String) {
    match seconds {
        ..60 => (format!("{seconds} s"), format!("{seconds} 秒")),
        60..3_600 => (format!("{} min", seconds / 60), format!("{} 分钟", seconds / 60)),
        3_600..172_800 => (format!("{} h", seconds / 3_600), format!("{} 小时", seconds / 3_600)),
        _ => (format!("{} days", seconds / 86_400), format!("{} 天", seconds / 86_400)),
    }
}

/// The first eight digits of an id: enough for people; the whole id stands beside it.
fn short(id: &str) -> String {
    let cut: String = id.chars().take(12).collect();
    format!("{cut}…")
}

/// What an event of a kind did to an account, for a statement line; of an adjustment what it was for.
pub(super) fn movement(kind: &str, purpose: Option<&str>, amount: Minor, lang: Lang) -> &'static str {
    let (en, zh) = match kind {
        "adjustment.posted" => adjusted(purpose),
        "payment.recorded" => ("payment", "付款"),
        "payment.returned" => ("payment returned", "付款退回"),
        "receipt.recorded" | "receipt.matched" => ("money received", "回款"),
        "receipt.unmatched" => ("money received, taken off its bill", "回款取消匹配"),
        "receipt.withdrawn" => ("money received, withdrawn", "回款撤回"),
        "freeze.placed" => ("frozen", "冻结"),
        "freeze.lifted" => ("freeze lifted", "解冻"),
        "freeze.forfeited" => ("forfeited", "罚没"),
        "cutover.opened" => ("opening balance", "期初余额"),
        "cutover.reversed" => ("opening balance reversed", "期初余额冲回"),
        "membership.trued_up" => ("share true-up", "分成结算差额"),
        "guarantee.settled" => ("minimum guarantee", "保底"),
        "reserve.held" => ("reserve for returns held", "退货准备金计提"),
        "reserve.released" => ("reserve for returns released", "退货准备金释放"),
        "contract.funded" => ("set aside for a brand contract", "V任务履约冻结"),
        "contract.refunded" | "contract.ended" => ("back from a brand contract", "V任务履约冻结退回"),
        "contract.released" if amount.0 < 0 => ("brand contract, paid by the platform or set aside", "V任务结转"),
        "contract.released" => ("brand contract", "V任务结算"),
        kind if kind.starts_with("purchase.") || kind.starts_with("sample.") => sourced(kind),
        "line.frozen" => ("frozen", "冻结"),
        "line.unfrozen" => ("freeze lifted", "解冻"),
        "line.forfeited" => ("forfeited", "罚没"),
        "refund_case.won" | "refund_case.deducted" => ("claw-back for a refund", "佣金扣回（退款）"),
        "order.reattributed" => ("attribution corrected", "归因更正"),
        "order.price_corrected" => ("price corrected", "价格更正"),
        _ if amount.0 < 0 => ("commission corrected", "佣金更正"),
        _ => ("commission settled", "佣金结算"),
    };
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

/// What an event of a purchase or a sample did.
fn sourced(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "purchase.ordered" => ("goods bought", "采购"),
        "purchase.sold" => ("sold, dropship", "一件代发销售"),
        "purchase.paid" => ("supplier paid", "采购付款"),
        "purchase.repaid" => ("paid back by the supplier", "供应商退款到账"),
        "purchase.freight_changed" => ("freight changed", "采购运费调整"),
        "purchase.refunded" => ("refund of the supplier", "供应商退款"),
        "purchase.buyer_refunded" => ("refund to the buyer", "买家退款"),
        "purchase.charged" => ("charge on a purchase", "采购费用"),
        "purchase.billed" => ("corrected to the supplier's bill", "按供应商账单调整"),
        "purchase.cancelled" => ("purchase cancelled", "采购取消"),
        "purchase.timed_out" => ("purchase not paid in time", "采购超时关闭"),
        "sample.sent" => ("sample sent", "样品寄出"),
        "sample.kept" => ("sample kept, deposit back", "样品留用，押金退回"),
        "sample.returned" => ("sample returned, deposit back", "样品归还，押金退回"),
        "sample.billed" => ("sample not returned", "样品逾期赔付"),
        "sample.lost" => ("sample lost", "样品遗失赔付"),
        _ => ("sourcing", "供货"),
    }
}

/// What an adjustment was for.
fn adjusted(purpose: Option<&str>) -> (&'static str, &'static str) {
    match purpose {
        Some("contract") => ("brand contract", "V任务"),
        Some("sourcing") => ("sourcing", "供货"),
        Some("penalty") => ("penalty", "罚款"),
        Some("charge") => ("charge", "费用"),
        Some("payment") => ("payment, by adjustment", "付款（人工调整）"),
        Some("receipt") => ("money received, by adjustment", "回款（人工调整）"),
        Some("write_off") => ("written off", "核销"),
        _ => ("manual adjustment", "人工调整"),
    }
}
